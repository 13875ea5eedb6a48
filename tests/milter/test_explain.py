# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""goneaway explain: the same judgement as the daemon's, told, and nothing written."""
import json

import scenario
from scenario import PERSONAL, domain, service_mail

KEYS = ("file rcpt address own from_domain authenticated auth service kind score reasons rrvs "
        "holder holder_by rule meant action reply headers subject").split()


class Explain(scenario.Scenario):
    def setUp(self):
        self.place = self.daemon(start=False)
        self.mail = self.write("mail.eml", service_mail())

    def write(self, name, text):
        path = self.place.dir / name
        path.write_bytes(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text)
        return path

    def explain(self, *arguments, code=0, config=True, standard_input=b""):
        """The objects that are printed."""
        with_config = ["-c", self.place.path] if config else []
        got, out, self.errors = self.tool("explain", *with_config, "-o", "json", *arguments,
                                          standard_input=standard_input)
        self.assertEqual(got, code, out + self.errors)
        return [json.loads(line) for line in out.split("\n") if line]

    def test_dispatcher(self):
        code, out, err = self.tool("--help")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("explain", out)
        self.assertRegex(self.tool("--version")[1], r"^goneaway \d")
        for arguments in ([], ["no-such"], ["explain"], ["explain", "-x"], ["explain", "-o", "xml", "f"],
                          ["explain", "-d", "noon", "f"]):
            code, out, err = self.tool(*arguments)
            self.assertEqual((code, out), (64, ""), arguments)
            self.assertIn("usage:", err)
        self.assertEqual(self.tool("explain", "--help")[0], 0)

    def test_all_keys(self):
        one, = self.explain("-R", "<old@example.com>", "-F", "<service@shop.example>", self.mail)
        for key in KEYS:
            self.assertIn(key, one)
        self.assertEqual(one["file"], str(self.mail))
        self.assertEqual((one["rcpt"], one["rcpt_from"]), ("<old@example.com>", "option"))
        self.assertEqual((one["address"], one["own"]), ("old@example.com", False))
        self.assertEqual((one["authenticated"], one["service"]), ("shop.example", "shop.example"))
        self.assertEqual((one["kind"], one["holder"], one["holder_by"]),
                         ("reset", "prior", "first-mail"))
        self.assertEqual((one["meant"], one["action"]), ("reject", "reject"))
        self.assertEqual(one["reply"], "550 5.1.1 <old@example.com>: User unknown; domain has a new "
                                       "owner, please remove this address")
        self.assertEqual((one["subject"], one["headers"], one["rrvs"]), (None, [], "none"))
        self.assertTrue(0 <= one["score"] <= 1)
        for reason in one["reasons"]:
            self.assertEqual(sorted(reason), ["kind", "text", "weight"])
        self.assertNotEqual(one["reasons"], [])

    def test_modes(self):
        for mode, action in (("observe", "accept"), ("tag", "tag")):
            self.place.domains = [domain(mode=mode)]
            self.place.write_config()
            one, = self.explain("-R", "old@example.com", self.mail)
            self.assertEqual((one["meant"], one["action"]), ("reject", action))
            self.assertEqual(len(one["headers"]), mode == "tag")
        self.assertTrue(one["headers"][0].startswith("X-Goneaway: tag; kind=reset;"))

    def test_recipients_from_fields(self):
        cases = {
            "Delivered-To": "Delivered-To: other@elsewhere.example\nDelivered-To: <old@example.com>\n"
                            "X-Original-To: me@example.com\n",
            "X-Original-To": "X-Original-To: old@example.com\nDelivered-To: x@elsewhere.example\n",
            "To": "Delivered-To: x@elsewhere.example\n",
        }
        for source, fields in cases.items():
            with self.subTest(source=source):
                one, = self.explain(self.write("m", fields + service_mail()))
                self.assertEqual((one["address"], one["rcpt_from"]), ("old@example.com", source))

    def test_no_recipient_at_our_domains(self):
        mail = service_mail(recipient="Bob <bob@elsewhere.example>")
        one, = self.explain(self.write("m", mail))
        self.assertEqual((one["address"], one["action"], one["kind"]),
                         ("bob@elsewhere.example", "accept", "reset"))
        nobody = mail.replace("To: Bob <bob@elsewhere.example>\n", "")
        one, = self.explain(self.write("m", nobody))
        self.assertEqual((one["rcpt"], one["rcpt_from"], one["action"], one["kind"]),
                         (None, None, "accept", "reset"))

    def test_several_recipients(self):
        found = self.explain("-R", "old@example.com", "-R", "me@example.com",
                             "-R", "older@example.com RRVS=2011-01-01T00:00:00Z", self.mail)
        by_address = {one["address"]: one for one in found}
        self.assertEqual(sorted(by_address), ["me@example.com", "old@example.com",
                                              "older@example.com"])
        self.assertEqual(by_address["me@example.com"]["action"], "accept")
        self.assertEqual(by_address["older@example.com"]["rrvs"], "fail")
        self.assertEqual(by_address["old@example.com"]["rrvs"], "none")
        self.assertTrue(by_address["older@example.com"]["reply"].startswith("550 5.7.18 "))

    def test_malformed_parameter(self):
        self.explain("-R", "old@example.com RRVS=never", self.mail, code=64)
        self.assertIn("501 5.5.4", self.errors)

    def test_standard_input(self):
        one, = self.explain("-R", "old@example.com", "-", standard_input=service_mail().encode())
        self.assertEqual((one["file"], one["kind"]), ("-", "reset"))

    def test_assume_authenticated(self):
        mail = self.write("m", service_mail(proven=False))
        one, = self.explain("-R", "old@example.com", mail)
        self.assertEqual((one["authenticated"], one["service"], one["meant"]), (None, None, "tag"))
        one, = self.explain("-A", "-R", "old@example.com", mail)
        self.assertEqual((one["authenticated"], one["meant"]), ("shop.example", "reject"))

    def test_what_proved_the_sender(self):
        """auth names the one result that proved the domain, or the nearest that did not."""
        shop, via = "shop.example", "(mx.example.com)"
        cases = (
            ("dmarc=pass header.from=shop.example; dkim=pass header.d=shop.example", shop,
             "dmarc=pass header.from=shop.example " + via),
            ("dkim=fail header.d=shop.example; dkim=pass header.d=mail.shop.example; spf=pass smtp.mailfrom=shop.example",
             shop, "dkim=pass header.d=mail.shop.example " + via),
            ("dkim=none; spf=pass smtp.mailfrom=bounce@shop.example", shop,
             "spf=pass smtp.mailfrom=shop.example " + via),
            ("dkim=pass header.d=carrier.example", None, "none: no aligned pass"),
            ("dkim=fail header.d=shop.example", None, "none: dkim=fail header.d=shop.example " + via),
            ("dmarc=fail header.from=shop.example; dkim=pass header.d=shop.example", None,
             "none: dmarc=fail " + via),
            ("none", None, "none: no trusted results"),
        )
        for results, authenticated, auth in cases:
            with self.subTest(results=results):
                field = "Authentication-Results: mx.example.com; %s\n" % results
                mail = self.write("m", field + service_mail(proven=False))
                one, = self.explain("-R", "old@example.com", mail)
                self.assertEqual((one["authenticated"], one["auth"]), (authenticated, auth))
                _, out, _ = self.tool("explain", "-c", self.place.path, "-R", "old@example.com", mail)
                self.assertIn(auth, out)
        one, = self.explain("-A", "-R", "old@example.com", mail)
        self.assertEqual((one["authenticated"], one["auth"]), (shop, "assumed"))
        self.place.write_config(authentication='"dkim"')
        one, = self.explain("-R", "old@example.com", self.mail)
        self.assertEqual((one["authenticated"], one["auth"]), (None, "none: no signature"))

    def test_unreadable_files_do_not_stop_it(self):
        found = self.explain("-R", "old@example.com", "/no/such/mail", self.mail, self.place.dir,
                             self.mail, code=66)
        self.assertEqual(len(found), 2)
        self.assertIn("/no/such/mail", self.errors)
        self.assertIn(str(self.place.dir), self.errors)

    def test_what_is_no_mail(self):
        for number, octets in enumerate((b"", b"\n", bytes(range(256)) * 20, b"\0" * 5000,
                                         b"\x89PNG\r\n\x1a\n" + bytes(1000), b"From ")):
            with self.subTest(number=number):
                one, = self.explain("-R", "old@example.com", self.write("m", octets))
                self.assertEqual(one["kind"], "other")

    def test_odd_octets_stay_json(self):
        mail = service_mail().replace("From: Shop", "From: \"\udcff\\\"\x01\"")
        one, = self.explain("-R", "<\udcffold\"@example.com>", self.write("m\n\"\udcfe", mail))
        self.assertIn("\ufffd", one["file"])

    def test_without_configuration(self):
        one, = self.explain("-R", "old@example.com", self.mail, config=False)
        self.assertEqual((one["kind"], one["action"], one["rule"]), ("reset", "accept", "not ours"))

    def test_ledger_is_read_and_not_written(self):
        self.place.start()
        self.place.send(service_mail())
        self.place.execute("UPDATE account SET holder='current'")
        self.place.stop()
        before = self.place.database.read_bytes()
        one, = self.explain("-R", "old@example.com", self.mail)
        self.assertEqual((one["holder"], one["holder_by"], one["meant"]),
                         ("current", "admin", "accept"))
        self.assertEqual(self.place.database.read_bytes(), before)

    def test_nothing_is_created(self):
        before = sorted(self.place.dir.rglob("*"))
        self.explain("-R", "old@example.com", self.mail)
        self.assertEqual(sorted(self.place.dir.rglob("*")), before)

    def test_thousand_mails_in_one_call(self):
        files = [self.write("mail-%d" % i, PERSONAL if i % 2 else service_mail())
                 for i in range(1000)]
        found = self.explain("-R", "old@example.com", *files)
        self.assertEqual(len(found), 1000)
        self.assertEqual([one["file"] for one in found], [str(path) for path in files])

    def test_date(self):
        self.place.domains = [domain(extra='closing_until = "2021-01-01T00:00:00Z";')]
        self.place.write_config()
        mail = self.write("m", PERSONAL)
        one, = self.explain("-R", "old@example.com", "-d", "2020-06-01T00:00:00Z", mail)
        self.assertEqual(one["meant"], "reject")
        one, = self.explain("-R", "old@example.com", "-d", "Tue, 01 Jun 2021 00:00:00 +0000", mail)
        self.assertEqual(one["meant"], "tag")

    def test_text_for_people(self):
        code, out, err = self.tool("explain", "-c", self.place.path, "-R", "old@example.com", self.mail)
        self.assertEqual((code, err), (0, ""))
        for words in ("reset", "shop.example", "prior", "reject", "550 5.1.1"):
            self.assertIn(words, out)
        self.assertNotIn("abcdef", out)


if __name__ == "__main__":
    scenario.main()
