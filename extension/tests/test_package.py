"""What the Comfy Registry asks of a package, and that its parts say the same version."""

import fnmatch
import re
import struct
import tomllib
import unittest
from urllib.parse import urlsplit

from stand_in import PACKAGE

ROOT = PACKAGE.parent
MAX_IMAGE_BYTES = 300_000


def png_size(path):
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n", path
    return struct.unpack(">II", head[16:24])


class Package(unittest.TestCase):
    def setUp(self):
        self.file = tomllib.loads((PACKAGE / "pyproject.toml").read_text())
        self.project, self.comfy = self.file["project"], self.file["tool"]["comfy"]

    def left_out(self, name):
        patterns = (PACKAGE / ".comfyignore").read_text().split()
        return any(name.startswith(p) if p.endswith("/") else fnmatch.fnmatch(name, p) for p in patterns)

    def test_one_version_is_said_by_all_parts(self):
        version = self.project["version"]
        self.assertRegex(version, r"^\d+\.\d+\.\d+$")
        self.assertIn(f'\nVERSION = "{version}"\n', (PACKAGE / "version.py").read_text())
        binary = re.search(r"^project\(comfytrace VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.M)
        self.assertEqual(version, binary.group(1))

    def test_the_project_is_named_and_described_as_the_registry_wants(self):
        name = self.project["name"]
        self.assertRegex(name, r"^[a-z][a-z0-9-]{0,99}$")
        self.assertNotIn("comfyui", name.lower())
        self.assertTrue(self.project["description"])
        self.assertTrue((PACKAGE / self.project["license"]["file"]).exists())
        self.assertTrue((PACKAGE / self.project["readme"]).exists())
        self.assertEqual(urlsplit(self.project["urls"]["Repository"]).scheme, "https")
        self.assertTrue(any(c.startswith("Operating System :: ") for c in self.project["classifiers"]))
        self.assertEqual(self.project["dependencies"], [])
        self.assertTrue(self.comfy["PublisherId"] and self.comfy["DisplayName"])
        self.assertRegex(self.comfy["requires-comfyui"], r"^>=\d+\.\d+\.\d+$")

    def test_its_icon_is_one_of_its_files_and_small_enough(self):
        path = urlsplit(self.comfy["Icon"]).path.rpartition("/extension/")[2]
        width, height = png_size(PACKAGE / path)
        self.assertLessEqual(width, 800)
        self.assertLessEqual(height, 400)
        self.assertFalse(self.left_out(path))

    def test_pictures_of_the_readme_are_packed_and_small(self):
        pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (PACKAGE / "README.md").read_text())
        self.assertTrue(pictures)
        for name in pictures:
            self.assertLess((PACKAGE / name).stat().st_size, MAX_IMAGE_BYTES, name)
            self.assertFalse(self.left_out(name), name)

    def test_what_runs_is_packed_and_what_only_tests_is_not(self):
        for path in [*PACKAGE.glob("*.py"), *PACKAGE.glob("web/*.js")]:
            self.assertFalse(self.left_out(path.relative_to(PACKAGE).as_posix()), path)
        self.assertTrue(self.left_out("tests/stand_in/comfy.py"))

    def test_nothing_that_runs_needs_a_picture(self):
        for path in [*PACKAGE.glob("*.py"), *PACKAGE.glob("web/*.js")]:
            self.assertNotIn("images/", path.read_text(), path)


if __name__ == "__main__":
    unittest.main()
