"""How models are trained, kept and read back."""

from mutations.mutation import Mutation

STEP = "tests/course/test_training_step.py"
TASKS = "tests/course/test_training_tasks.py"
KILLED = "tests/course/test_training_killed.py"
TRAINING = "tests/course/test_training.py"
CHECKPOINTS = "tests/course/test_checkpoints.py"

LOOP = "course/training/loop.py"
OPTIMIZERS = "course/training/optimizers.py"
TASK = "course/training/tasks.py"

TRAINING_FAULTS = [
    Mutation("training without dropout", LOOP, "    model.train()\n", "    model.eval()\n", STEP),
    Mutation(
        "validation with dropout",
        LOOP,
        "                model.eval()\n",
        "                pass\n",
        STEP,
    ),
    Mutation(
        "a trained model left in training mode",
        LOOP,
        "    model.eval()\n    return losses",
        "    model.train()\n    return losses",
        STEP,
    ),
    Mutation("gradients of two steps added", LOOP, "    model.zero_grad()\n", "", STEP),
    Mutation(
        "one seed for all steps",
        LOOP,
        "recipe.seed_of(step)",
        "recipe.seed_of(0)",
        STEP,
    ),
    Mutation("a rate without its factor", LOOP, 'rate * group["factor"]', "rate", STEP),
    Mutation("gradients not clipped", LOOP, "recipe.clip)", "1e9)", STEP),
    Mutation("Adam's β₁", OPTIMIZERS, "BETAS = (0.9, 0.98)", "BETAS = (0.8, 0.98)", STEP),
    Mutation("Adam's β₂", OPTIMIZERS, "BETAS = (0.9, 0.98)", "BETAS = (0.9, 0.999)", STEP),
    Mutation("Adam's ε", OPTIMIZERS, "eps=1e-9", "eps=1e-8", STEP),
    Mutation("Muon's factor", OPTIMIZERS, "MUON_FACTOR = 7.0", "MUON_FACTOR = 5.0", STEP),
    Mutation("Muon's weight decay", OPTIMIZERS, "weight_decay=0.0", "weight_decay=0.1", STEP),
    Mutation(
        "the length of the warm-up",
        "course/training/recipe.py",
        "self.learning_rate * (step + 1) / self.warmup",
        "self.learning_rate * step / self.warmup",
        STEP,
    ),
    Mutation(
        "a schedule that falls evenly",
        "course/training/recipe.py",
        "self.learning_rate * (1 + math.cos(math.pi * done)) / 2",
        "self.learning_rate * (1 - done)",
        STEP,
    ),
    Mutation(
        "translators without label smoothing",
        "course/translation/train_translation.py",
        'batches[step], label_smoothing=BATCH["label_smoothing"]',
        "batches[step]",
        STEP,
    ),
    Mutation(
        "position schemes without label smoothing",
        "course/translation/train_positions.py",
        'batches[step], label_smoothing=BATCH["label_smoothing"]',
        "batches[step]",
        STEP,
    ),
    Mutation(
        "the share of label smoothing",
        "course/translation/train_translation.py",
        '"label_smoothing": 0.1',
        '"label_smoothing": 0.2',
        STEP,
    ),
    Mutation(
        "another number of steps",
        "course/language/train_plays.py",
        "steps=1400",
        "steps=1500",
        TASKS,
    ),
    Mutation(
        "another batch",
        "course/digits/train_digits.py",
        "BATCH_SIZE = 32",
        "BATCH_SIZE = 64",
        TASKS,
    ),
    Mutation(
        "a checkpoint replaced unasked",
        TASK,
        "if not force and job.name in",
        "if False and job.name in",
        TASKS,
    ),
    Mutation(
        "measured before it is rounded",
        TASK,
        "    checkpoints.round_weights(job.model)",
        "    pass",
        TASKS,
    ),
    Mutation(
        "a state written in its place",
        "course/checkpoints/_replacing.py",
        'beside = file.with_name(f".{file.name}.new")',
        "beside = file",
        KILLED,
    ),
    Mutation(
        "a state under a shortened name",
        "course/training/state.py",
        'self.state.with_name(f"{self.state.name}.safetensors")',
        'self.state.with_suffix(".safetensors")',
        KILLED,
    ),
    Mutation(
        "a state without the optimizer's moments",
        "course/training/state.py",
        "            if parameter in mine:\n",
        "            if False:\n",
        TRAINING,
    ),
    Mutation(
        "weights that are not finite",
        "course/checkpoints/files.py",
        "    if spoiled:\n",
        "    if False:\n",
        CHECKPOINTS,
    ),
    Mutation(
        "two files that do not belong together",
        "course/checkpoints/files.py",
        'told.get("digest", digest(weights)) != digest(weights)',
        "False",
        CHECKPOINTS,
    ),
    Mutation(
        "words exchanged in a checkpoint's json",
        "course/checkpoints/files.py",
        "told.get(OWN_DIGEST, own_digest(told)) != own_digest(told)",
        "False",
        CHECKPOINTS,
    ),
]
