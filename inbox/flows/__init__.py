"""The stories: receive, reply, deliver, react. The only files that touch several rooms."""
