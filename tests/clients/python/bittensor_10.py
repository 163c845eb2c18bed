"""bittensor 10.5: async-substrate-interface 2, wallets as files. Usage: bittensor_10.py ENDPOINT NETUID"""

import sys

import bittensor as bt
import numpy
from bittensor_wallet import Keypair, Wallet

from harness import TAO, expect, expect_name, rows, step

ENDPOINT, NETUID = sys.argv[1], int(sys.argv[2])


def wallet(hotkey):
    """A wallet of Bob's, in the wallets' folder of this run."""
    wallet = Wallet(name="bob", hotkey=hotkey)
    wallet.set_coldkey(Keypair.create_from_uri("//Bob"), encrypt=False, overwrite=True)
    wallet.set_coldkeypub(Keypair.create_from_uri("//Bob"), overwrite=True)
    wallet.set_hotkey(Keypair.create_from_uri(f"//{hotkey}"), encrypt=False, overwrite=True)
    return wallet


with step("connects"):
    chain = bt.Subtensor(ENDPOINT)
    start = chain.block

with step("wallets"):
    validator, miner, newcomer = map(wallet, ("validator", "miner", "newcomer"))
    bob, hotkey = validator.coldkeypub.ss58_address, validator.hotkey.ss58_address

with step("waits for a block"):
    expect("a block came", chain.wait_for_block(start + 1), True)
    expect("its number has been reached", chain.block > start, True)

with step("subnet_exists and uid of a hotkey"):
    expect(f"{NETUID} is a subnet", chain.subnet_exists(NETUID), True)
    expect("404 is a subnet", chain.subnet_exists(404), False)
    expect("uid of the validator", chain.get_uid_for_hotkey_on_subnet(hotkey, NETUID), 0)
    expect("uid of a stranger", chain.get_uid_for_hotkey_on_subnet(bob, NETUID), None)

with step("burned_register"):
    answer = chain.burned_register(newcomer, NETUID)
    expect("burned_register", (answer.success, answer.message), (True, "Success"))
    expect("uid of the newcomer", chain.get_uid_for_hotkey_on_subnet(newcomer.hotkey.ss58_address, NETUID), 2)

with step("add_stake, and the stake read back"):
    before = chain.get_stake(bob, hotkey, NETUID)
    answer = chain.add_stake(validator, NETUID, hotkey, bt.Balance.from_tao(7))
    expect("add_stake", (answer.success, answer.message), (True, "Success"))
    after = chain.get_stake(bob, hotkey, NETUID)
    # Dividends may have come on top.
    expect("the stake grew by 7 TAO at least", after.rao - before.rao >= 7 * TAO, True)

with step("neurons lite and metagraph"):
    neurons = chain.neurons_lite(NETUID)
    expect("uids", [neuron.uid for neuron in neurons], [0, 1, 2])
    expect("hotkeys", [n.hotkey for n in neurons], [w.hotkey.ss58_address for w in (validator, miner, newcomer)])
    graph = chain.metagraph(NETUID)
    expect("hotkeys of the metagraph", graph.hotkeys, [neuron.hotkey for neuron in neurons])
    expect("coldkeys of the metagraph", graph.coldkeys, [bob] * 3)
    expect("permits of the metagraph", list(graph.validator_permit), [True, False, False])
    expect("stake of the metagraph", graph.stake[0] >= after.tao, numpy.True_)

with step("set_weights without a permit, tried once"):
    answer = chain.set_weights(miner, NETUID, uids=[0], weights=[1.0], version_key=0, max_attempts=1)
    expect("success", answer.success, False)
    expect_name("no permit", answer.message, "NeuronNoValidatorPermit")


def refused(what, who, dests, weights, name):
    with step(f"refused: {what}"):
        arguments = {"netuid": NETUID, "dests": dests, "weights": weights, "version_key": 0}
        call = chain.substrate.compose_call("SubtensorModule", "set_weights", arguments)
        answer = chain.sign_and_send_extrinsic(call, who, sign_with="hotkey", wait_for_finalization=True)
        expect("success", answer.success, False)
        expect_name(what, answer.message, name)


refused("unknown uid", validator, [99], [1], "UidVecContainInvalidOne")

with step("set_weights by a hotkey without balance, finalized"):
    expect("balance", chain.get_balance(hotkey).rao, 0)
    answer = chain.set_weights(validator, NETUID, uids=[1, 2], weights=[0.75, 0.25], version_key=0)
    expect("set_weights", (answer.success, answer.message), (True, "Success"))
    set_at = chain.block

with step("the same again: too soon, nothing is sent"):
    answer = chain.set_weights(validator, NETUID, uids=[1], weights=[1.0], version_key=0)
    expect("set_weights right after itself", (answer.success, answer.extrinsic), (False, None))

refused("too soon", validator, [1], [1], "SettingWeightsTooFast")
refused("no permit", miner, [0], [1], "NeuronNoValidatorPermit")
refused("wrong lengths", miner, [0, 1], [1], "WeightVecNotEqualSize")

with step("set_commitment and get_commitment"):
    answer = chain.set_commitment(validator, NETUID, "hello")
    expect("set_commitment", (answer.success, answer.message), (True, "Success"))
    expect("commitment", chain.get_commitment(NETUID, 0), "hello")
    expect("all commitments", chain.get_all_commitments(NETUID), {hotkey: "hello"})

with step("weights and bonds as stored"):
    block = set_at + chain.tempo(NETUID) + 2  # By then an epoch has run.
    expect("the block came", chain.wait_for_block(block), True)
    weights, bonds = rows(ENDPOINT, "Weights", NETUID, block), rows(ENDPOINT, "Bonds", NETUID, block)
    expect("the validator's row", weights[0], [(1, 65535), (2, 21845)])
    expect("the validator has bonds", bool(bonds[0]), True)
    expect("weights", dict(chain.weights(NETUID, block=block)), weights)
    expect("bonds", dict(chain.bonds(NETUID, block=block)), bonds)

chain.close()
