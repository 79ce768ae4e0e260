"""The YAML file by which a user describes data of their own."""
