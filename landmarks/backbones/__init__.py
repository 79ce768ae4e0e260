"""Networks: backbones, the neck that upscales, a head for each field."""
