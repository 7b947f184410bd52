"""The site: from archived records to what is served, and how it is kept in order."""

from generator.publish.editions import publish_editions
from generator.publish.rebuild import rebuild
from generator.publish.site import publish, unpublished
from generator.publish.workspace import Workspace, editions_of, prepare

__all__ = ["Workspace", "editions_of", "prepare", "publish", "publish_editions", "rebuild", "unpublished"]
