# SPDX-License-Identifier: BSD-2-Clause
"""Names of TPM 2.0 command codes (TPM 2.0 Library, Part 2, 6.5.2), as far as this project's boots and tools use them."""
NAMES = {
    0x11F: "NV_UndefineSpaceSpecial", 0x120: "EvictControl", 0x121: "HierarchyControl", 0x122: "NV_UndefineSpace",
    0x126: "Clear", 0x127: "ClearControl", 0x129: "HierarchyChangeAuth", 0x12A: "NV_DefineSpace",
    0x12E: "SetPrimaryPolicy", 0x131: "CreatePrimary", 0x134: "NV_Increment", 0x136: "NV_Extend", 0x137: "NV_Write",
    0x139: "DictionaryAttackLockReset", 0x13A: "DictionaryAttackParameters", 0x13D: "PCR_Reset", 0x13C: "PCR_Event",
    0x13E: "SequenceComplete", 0x142: "IncrementalSelfTest", 0x143: "SelfTest", 0x144: "Startup", 0x145: "Shutdown",
    0x147: "ActivateCredential", 0x148: "Certify", 0x149: "PolicyNV", 0x14A: "CertifyCreation", 0x14E: "NV_Read",
    0x14F: "NV_ReadLock", 0x151: "PolicySecret", 0x153: "Create", 0x154: "ECDH_ZGen", 0x155: "HMAC", 0x156: "Import",
    0x157: "Load", 0x158: "Quote", 0x15B: "HMAC_Start", 0x15C: "SequenceUpdate", 0x15D: "Sign", 0x15E: "Unseal",
    0x160: "PolicySigned", 0x161: "ContextLoad", 0x162: "ContextSave", 0x165: "FlushContext", 0x167: "LoadExternal",
    0x168: "MakeCredential", 0x169: "NV_ReadPublic", 0x16A: "PolicyAuthorize", 0x16B: "PolicyAuthValue",
    0x16C: "PolicyCommandCode", 0x16D: "PolicyCounterTimer", 0x16F: "PolicyLocality", 0x171: "PolicyOR",
    0x173: "ReadPublic", 0x176: "StartAuthSession", 0x177: "VerifySignature", 0x17A: "GetCapability",
    0x17B: "GetRandom", 0x17C: "GetTestResult", 0x17D: "Hash", 0x17E: "PCR_Read", 0x17F: "PolicyPCR",
    0x180: "PolicyRestart", 0x181: "ReadClock", 0x182: "PCR_Extend", 0x185: "EventSequenceComplete",
    0x186: "HashSequenceStart", 0x189: "PolicyGetDigest", 0x18A: "TestParms", 0x18C: "PolicyPassword",
    0x191: "CreateLoaded", 0x192: "PolicyAuthorizeNV",
}
CODES = {name.lower(): code for code, name in NAMES.items()}


def code_of(word):
    """A command code from a name (`PCR_Extend`, any case) or a number (`0x182`)."""
    return CODES[word.lower()] if word.lower() in CODES else int(word, 0)
