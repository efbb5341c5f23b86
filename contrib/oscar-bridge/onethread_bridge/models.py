from django.db import models


class Act(models.Model):
    """Something that was done for Onethread, in the transaction that did it: asked for again, it is not done again."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
