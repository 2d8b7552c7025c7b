"""What turns gradients into steps: Adam for everything, or Muon for the matrices.

adam    each number on its own: the mean of its gradients over their spread (Kingma & Ba, 2014)
muon    a matrix as a whole: its summed gradients U·S·Vᵀ become U·Vᵀ, so that every direction
        moves equally far (Jordan et al., 2024). What is no matrix of a linear layer, Adam moves.
"""

import torch
from torch import nn

OPTIMIZERS = ("adam", "muon")
BETAS = (0.9, 0.98)  # of Adam, as in Vaswani et al., 2017, section 5.3
MUON_FACTOR = 7.0  # Muon's rate is so many times Adam's: its steps do not grow with the gradient


def build(optimizer: str, model: nn.Module) -> list[torch.optim.Optimizer]:
    """The optimizers of a model's parameters: each stands in one, under a group with a `factor`.

    The rate of a group is the recipe's times its factor. Raises ValueError for an unknown name.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f'optimizer must be "adam" or "muon", got {optimizer!r}')
    matrices = []
    if optimizer == "muon":
        matrices = [part.weight for part in model.modules() if isinstance(part, nn.Linear)]
    apart = {id(matrix) for matrix in matrices}
    others = [parameter for parameter in model.parameters() if id(parameter) not in apart]
    adam = torch.optim.Adam([{"params": others, "factor": 1.0}], betas=BETAS, eps=1e-9, fused=True)
    if not matrices:
        return [adam]
    muon = torch.optim.Muon([{"params": matrices, "factor": MUON_FACTOR}], weight_decay=0.0)
    return [adam, muon]
