"""py-substrate-interface 1.8. Usage: substrate_interface.py ENDPOINT NETUID"""

import sys

from substrateinterface import Keypair, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

from harness import TAO, expect, expect_name, rows, step

ENDPOINT, NETUID = sys.argv[1], int(sys.argv[2])
BOB, VALIDATOR, MINER, NEWCOMER = map(Keypair.create_from_uri, ("//Bob", "//validator", "//miner", "//newcomer"))

with step("connects"):
    # The one line: balances are 64 bits wide on the chains of this family.
    chain = SubstrateInterface(url=ENDPOINT, type_registry={"types": {"Balance": "u64"}})
    expect("chain", chain.chain, "Root weights localnet")


def read(item, *keys):
    return chain.query("SubtensorModule", item, list(keys)).value


def submit(pallet, name, arguments, signer):
    call = chain.compose_call(pallet, name, arguments)
    extrinsic = chain.create_signed_extrinsic(call, signer, era={"period": 64})
    return chain.submit_extrinsic(extrinsic, wait_for_finalization=True)


def set_weights(signer, dests, weights):
    arguments = {"netuid": NETUID, "dests": dests, "weights": weights, "version_key": 0}
    return submit("SubtensorModule", "set_weights", arguments, signer)


with step("waits for blocks"):
    seen = []

    def on_block(header, _number, _subscription):
        seen.append(header["header"]["number"])
        return seen if len(seen) == 3 else None

    chain.subscribe_block_headers(on_block)
    expect("three blocks in a row", seen, [seen[0], seen[0] + 1, seen[0] + 2])

with step("queries"):
    expect("NetworksAdded", read("NetworksAdded", NETUID), True)
    expect("uid of the validator", read("Uids", NETUID, VALIDATOR.ss58_address), 0)
    expect("uid of a stranger", read("Uids", NETUID, BOB.ss58_address), None)
    expect("balance of the hotkey", chain.query("System", "Account", [VALIDATOR.ss58_address])["data"]["free"].value, 0)

with step("fees"):
    arguments = {"hotkey": VALIDATOR.ss58_address, "netuid": NETUID, "amount_staked": TAO}
    paid = chain.get_payment_info(chain.compose_call("SubtensorModule", "add_stake", arguments), BOB)
    expect("add_stake costs less than a TAO, and not nothing", 0 < paid["partialFee"] < TAO, True)
    arguments = {"netuid": NETUID, "dests": [1], "weights": [1], "version_key": 0}
    free = chain.get_payment_info(chain.compose_call("SubtensorModule", "set_weights", arguments), VALIDATOR)
    expect("fee of set_weights", free["partialFee"], 0)

with step("burned_register"):
    answer = submit("SubtensorModule", "burned_register", {"netuid": NETUID, "hotkey": NEWCOMER.ss58_address}, BOB)
    expect("burned_register", (answer.is_success, answer.error_message), (True, None))
    expect("uid of the newcomer", read("Uids", NETUID, NEWCOMER.ss58_address), 2)

with step("add_stake"):
    before = read("TotalHotkeyAlpha", VALIDATOR.ss58_address, NETUID)
    arguments = {"hotkey": VALIDATOR.ss58_address, "netuid": NETUID, "amount_staked": 7 * TAO}
    answer = submit("SubtensorModule", "add_stake", arguments, BOB)
    expect("add_stake", (answer.is_success, answer.error_message), (True, None))
    after = read("TotalHotkeyAlpha", VALIDATOR.ss58_address, NETUID)
    # Dividends may have come on top.
    expect("the stake grew by 7 TAO at least", after - before >= 7 * TAO, True)

def refused(what, signer, dests, weights, name):
    """A free call that would fail is refused by the pool, so there is no receipt."""
    with step(f"refused: {what}"):
        try:
            answer = set_weights(signer, dests, weights)
            expect(what, "in a block: " + str(answer.error_message), "refused by the pool")
        except SubstrateRequestException as error:
            expect_name(what, error, name)


refused("unknown uid", VALIDATOR, [99], [1], "UidVecContainInvalidOne")

with step("set_weights by a hotkey without balance, finalized"):
    answer = set_weights(VALIDATOR, [1, 2], [3, 1])
    expect("set_weights", (answer.is_success, answer.error_message), (True, None))

with step("rows by query_map"):
    header = chain.get_block_header(block_hash=answer.block_hash)
    found = chain.query_map("SubtensorModule", "Weights", [NETUID], block_hash=answer.block_hash)
    found = {uid.value: row.value for uid, row in found}
    expect("weights", found, rows(ENDPOINT, "Weights", NETUID, header["header"]["number"]))
    expect("the validator's row", found[0], [(1, 65535), (2, 21845)])

refused("too soon", VALIDATOR, [1], [1], "SettingWeightsTooFast")
refused("no permit", MINER, [0], [1], "NeuronNoValidatorPermit")
refused("wrong lengths", MINER, [0, 1], [1], "WeightVecNotEqualSize")

with step("a paid call that fails tells its error"):
    answer = submit("SubtensorModule", "burned_register", {"netuid": 404, "hotkey": NEWCOMER.ss58_address}, BOB)
    expect("burned_register on no subnet", answer.is_success, False)
    expect_name("burned_register on no subnet", answer.error_message, "SubnetNotExists")

with step("set and get a commitment"):
    arguments = {"netuid": NETUID, "info": {"fields": [[{"Raw5": "0x" + b"hello".hex()}]]}}
    answer = submit("Commitments", "set_commitment", arguments, VALIDATOR)
    expect("set_commitment", (answer.is_success, answer.error_message), (True, None))
    stored = chain.query("Commitments", "CommitmentOf", [NETUID, VALIDATOR.ss58_address]).value
    expect("commitment", stored["info"]["fields"], [{"Raw5": "0x" + b"hello".hex()}])

chain.close()
