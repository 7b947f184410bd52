"""The site: from archived records to what is served, and how it is kept in order."""

from generator.publish.rebuild import rebuild
from generator.publish.site import publish, unpublished
from generator.publish.workspace import Workspace, prepare

__all__ = ["Workspace", "prepare", "publish", "rebuild", "unpublished"]
