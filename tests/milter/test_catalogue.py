# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""goneaway catalogue import: from the files of open catalogues to services that the daemon knows."""
import json
import os
import re

import scenario
from scenario import service_mail

SITES = [
    {"name": "Great Books", "url": "https://www.great-books.example/delete", "difficulty": "easy",
     "notes": "n", "email": "help@great-books.example",
     "domains": ["great-books.example", "great-mail.example"]},
    {"name": "Netflix", "url": "https://www.netflix.com/account", "domains": ["netflix.com"]},
    {"name": "Mail for All", "url": "https://gmail.com/", "domains": ["gmail.com"]},
]
COMPANY = {"slug": "great-books", "name": "Great Books Ltd.", "runs": ["Great Books"], "quality": "verified",
           "relevant-countries": ["de"], "web": "https://www.great-books.example/",
           "email": "privacy@great-books.example", "phone": "+49 30 5550100"}
OTHER = {"slug": "other", "name": "Other \"Shop\" GmbH", "quality": "scraped",
         "web": "https://other-shop.example", "phone": "+49 30 5550199"}


class Import(scenario.Scenario):
    def setUp(self):
        self.place = self.daemon(start=False)
        self.services = self.place.dir / "services"
        self.services.mkdir()
        self.place.write_config(local_services='"%s"' % self.services)
        self.out = self.services / "imported.conf"
        self.sites = self.write("sites.json", SITES)
        self.company = self.write("great-books.json", COMPANY)
        self.other = self.write("other.json", OTHER)

    def write(self, name, content):
        path = self.place.dir / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def run_import(self, *arguments, code=0):
        got, out, err = self.tool("catalogue", "import", "-c", self.place.path, *arguments)
        self.assertEqual(got, code, out + err)
        return out, err

    def ids(self, text):
        return re.findall(r'^    id = "(.*)";$', text, re.M)

    def test_usage(self):
        self.assertIn("catalogue", self.tool("--help")[1])
        for arguments in (["catalogue", "--help"], ["catalogue", "import", "--help"]):
            code, out, err = self.tool(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("usage: goneaway catalogue import", out)
        for arguments in ([], ["export"], ["import"], ["import", "-x", "f"], ["import", "-o"]):
            code, out, err = self.tool("catalogue", *arguments)
            self.assertEqual((code, out), (64, ""), arguments)
            self.assertIn("usage:", err)

    def test_printed(self):
        out, err = self.run_import(self.other, self.sites, self.company)
        self.assertEqual(self.ids(out), ["great-books.example", "other-shop.example"])
        self.assertIn('name = "Great Books";', out)
        self.assertIn('privacy = "privacy@great-books.example";', out)
        self.assertIn('phone = "+49 30 5550100";', out)
        self.assertNotIn("5550199", out)  # nobody has verified it
        self.assertIn('source = "JustDeleteMe, datenanfragen.de";', out)
        self.assertIn(r'name = "Other \"Shop\" GmbH";', out)
        self.assertTrue(err.startswith("records: 5; new services: 2; records of services that the catalogue has already: 1;"), err)
        self.assertEqual(os.listdir(self.services), [])

    def test_same_in_any_order(self):
        one, _ = self.run_import(self.other, self.sites, self.company)
        other, _ = self.run_import(self.company, self.sites, self.other)
        self.assertEqual(one, other)

    def test_written_and_used(self):
        self.run_import("-o", self.out, self.sites, self.company)
        self.assertEqual(self.out.stat().st_mode & 0o777, 0o644)
        self.assertEqual(os.listdir(self.services), ["imported.conf"])
        self.assertEqual(self.tool("-t", "-c", self.place.path, program=scenario.DAEMON)[0], 0)
        self.place.start()
        self.place.send(service_mail(service="great-mail.example"))
        row, = self.place.rows("SELECT service, name, privacy, source FROM todo")
        self.assertEqual(row, {"service": "great-books.example", "name": "Great Books",
                               "privacy": "privacy@great-books.example",
                               "source": "JustDeleteMe, datenanfragen.de"})

    def test_again(self):
        """What an earlier import wrote is written anew; what the administrator wrote is known."""
        self.run_import("-o", self.out, self.sites, self.company)
        first = self.out.read_text()
        self.run_import("-o", self.out, self.sites, self.company)
        self.assertEqual(self.out.read_text(), first)
        (self.services / "own.conf").write_text(
            'services = ( { id = "great-mail.example"; name = "Mine"; category = "shop";'
            ' contact = { source = "me"; }; } );\n')
        self.run_import("-o", self.out, self.sites, self.company, self.other)
        self.assertEqual(self.ids(self.out.read_text()), ["other-shop.example"])

    def test_own_files_are_left_alone(self):
        self.out.write_text("# mine\n")
        _, err = self.run_import("-o", self.out, self.sites, code=73)
        self.assertIn("was not written by an import", err)
        self.assertEqual(self.out.read_text(), "# mine\n")
        self.run_import("-o", self.place.dir / "no/such/place.conf", self.sites, code=73)
        self.assertEqual(os.listdir(self.services), ["imported.conf"])

    def test_bad_input_changes_nothing(self):
        self.run_import("-o", self.out, self.sites)
        before = self.out.read_bytes()
        for content, code, told in (("[{\n\"name\": ]", 65, "bad.json:2: "), ("", 65, "bad.json:1: "),
                                    ("[]", 65, "bad.json:1: holds no record")):
            bad = self.write("bad.json", content)
            out, err = self.run_import("-o", self.out, self.company, bad, code=code)
            self.assertIn(told, err)
            self.assertEqual((out, self.out.read_bytes()), ("", before))
        _, err = self.run_import("-o", self.out, self.place.dir / "missing.json", code=66)
        self.assertIn("missing.json", err)
        self.run_import(self.services, code=66)
        self.assertEqual(os.listdir(self.services), ["imported.conf"])

    def test_mistakes_in_own_services_are_told(self):
        (self.services / "own.conf").write_text("services = ( { } );\n")
        _, err = self.run_import(self.sites, code=78)
        self.assertIn("own.conf:1: ", err)

    def test_directory_of_services(self):
        """Read in order, *.conf alone; a later file's entry counts."""
        entry = 'services = ( { id = "a-shop.example"; name = "%s"; category = "shop"; contact = { source = "me"; }; } );\n'
        for name in ("10.conf", "20.conf", "30.conf~", ".40.conf"):
            (self.services / name).write_text(entry % name)
        self.place.start()
        self.place.send(service_mail(service="a-shop.example"))
        self.assertEqual(self.place.rows("SELECT name FROM service WHERE id = 'a-shop.example'"),
                         [{"name": "20.conf"}])


if __name__ == "__main__":
    scenario.main()
