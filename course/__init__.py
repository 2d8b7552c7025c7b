"""The chapters' machinery: what names a chapter, a corpus or a checkpoint."""
