"""Lets Onethread read a django-oscar shop, act in it, and hear of its carts."""
