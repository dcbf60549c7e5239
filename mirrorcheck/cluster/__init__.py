"""A cluster comes in as kubectl would reach it; its objects and its pods' log lines go out."""
