"""Events of a live source come in; what is known of the mirror so far goes out, again and again."""
