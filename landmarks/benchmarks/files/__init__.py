"""What readers share: text, folders of pictures, `.pts` files, and how to say what is not there."""
