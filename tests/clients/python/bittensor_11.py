"""bittensor 11.3: its own core in Rust, intents, reads. Usage: bittensor_11.py ENDPOINT NETUID"""

import asyncio
import sys
from types import SimpleNamespace

import bittensor as bt
from bittensor.result import ChainError
from bittensor.sp_core import Keypair

from harness import TAO, expect, expect_name, rows, step

ENDPOINT, NETUID = sys.argv[1], int(sys.argv[2])
COLDKEY = Keypair.create_from_uri("//Bob")


def wallet(hotkey):
    return SimpleNamespace(coldkey=COLDKEY, coldkeypub=COLDKEY, hotkey=Keypair.create_from_uri(hotkey))


VALIDATOR, MINER, NEWCOMER = wallet("//validator"), wallet("//miner"), wallet("//newcomer")


async def uid(client, key):
    return await client.read("uid", hotkey_ss58=key.ss58_address, netuid=NETUID)


async def reads(client):
    with step("waits for a block"):
        before = await client.block()
        expect("block after one", (await client.wait_for_block(before + 1)).number, before + 1)
    with step("subnets"):
        known = [subnet.netuid for subnet in await client.subnets.all()]
        expect(f"{NETUID} is a subnet", NETUID in known, True)
        expect("404 is a subnet", 404 in known, False)
    with step("uid of a hotkey"):
        expect("uid of the validator", await uid(client, VALIDATOR.hotkey), 0)
        expect("uid of a stranger", await uid(client, COLDKEY), None)


async def registers(client):
    # This client's own way encrypts the call for a pallet that this chain has not: so the call itself.
    with step("burned_register by the raw call"):
        call = bt.calls.SubtensorModule.burned_register(netuid=NETUID, hotkey=NEWCOMER.hotkey.ss58_address)
        (await client.submit_call(call, NEWCOMER)).raise_for_failure()
        expect("uid of the newcomer", await uid(client, NEWCOMER.hotkey), 2)


async def stakes(client):
    place = dict(coldkey_ss58=COLDKEY.ss58_address, hotkey_ss58=VALIDATOR.hotkey.ss58_address, netuid=NETUID)
    with step("add_stake, slippage protected, and the stake read back"):
        before = await client.read("stake", **place)
        intent = bt.AddStake(hotkey_ss58=place["hotkey_ss58"], netuid=NETUID, amount_tao=7)
        (await client.execute(intent, VALIDATOR)).raise_for_failure()
        after = await client.read("stake", **place)
        # Dividends may have come on top.
        expect("the stake grew by 7 TAO at least", after.rao - before.rao >= 7 * TAO, True)


async def sees_neurons(client):
    with step("neurons lite"):
        neurons = await client.read("neurons", netuid=NETUID)
        expect("uids", [neuron.uid for neuron in neurons], [0, 1, 2])
        hotkeys = [wallet.hotkey.ss58_address for wallet in (VALIDATOR, MINER, NEWCOMER)]
        expect("hotkeys", [neuron.hotkey for neuron in neurons], hotkeys)
        expect("permit of the validator", neurons[0].validator_permit, True)
    with step("metagraph"):
        graph = await client.subnets.metagraph(NETUID)
        expect("hotkeys", graph.hotkeys, hotkeys)
        expect("coldkeys", graph.coldkeys, [COLDKEY.ss58_address] * 3)
        expect("validators", [neuron.uid for neuron in graph.validators], [0])


async def sets_weights(client):
    await refused(client, "unknown uid", VALIDATOR, [99], [1], "UidVecContainInvalidOne")
    with step("set_weights by a hotkey without balance, finalized"):
        expect("balance", (await client.balances.get(VALIDATOR.hotkey.ss58_address)).rao, 0)
        result = await client.execute(bt.SetWeights(netuid=NETUID, weights={1: 3.0, 2: 1.0}), VALIDATOR)
        result.raise_for_failure()
    with step("the same again: too soon"):
        try:
            await client.execute(bt.SetWeights(netuid=NETUID, weights={1: 1.0}), VALIDATOR)
            expect("set_weights right after itself", "refused", "let through")
        except ChainError as error:
            expect("kind of error", error.code, bt.ErrorCode.RATE_LIMITED)
    with step("set_weights without a permit"):
        result = await client.execute(bt.SetWeights(netuid=NETUID, weights={0: 1.0}), MINER)
        expect("success", result.success, False)
        expect_name("no permit", result.message, "NeuronNoValidatorPermit")
    await refused(client, "too soon", VALIDATOR, [1], [1], "SettingWeightsTooFast")
    await refused(client, "no permit", MINER, [0], [1], "NeuronNoValidatorPermit")
    await refused(client, "wrong lengths", MINER, [0, 1], [1], "WeightVecNotEqualSize")


async def refused(client, what, who, dests, weights, name):
    with step(f"refused: {what}"):
        call = bt.calls.SubtensorModule.set_weights(netuid=NETUID, dests=dests, weights=weights, version_key=0)
        result = await client.submit_call(call, who, signer="hotkey")
        expect("success", result.success, False)
        expect_name(what, result.message, name)


async def reads_rows(client):
    with step("weights and bonds as stored"):
        block = (await client.wait_for_epoch(NETUID)).block
        weights, bonds = rows(ENDPOINT, "Weights", NETUID, block), rows(ENDPOINT, "Bonds", NETUID, block)
        expect("the validator's row", weights[0], [(1, 65535), (2, 21845)])
        expect("the validator has bonds", bool(bonds[0]), True)
        share = lambda row: {uid: value / sum(value for _, value in row) for uid, value in row}
        at = await client.at(block)
        expect("weights", await at.weights.weights(NETUID), {uid: share(row) for uid, row in weights.items()})
        scaled = lambda row: {uid: value / 65535 for uid, value in row}
        expect("bonds", await at.weights.bonds(NETUID), {uid: scaled(row) for uid, row in bonds.items()})


async def commits(client):
    with step("set_commitment by the raw call, and the commitment read back"):
        info = {"fields": [[{"Raw5": b"hello"}]]}
        call = bt.calls.Commitments.set_commitment(netuid=NETUID, info=info)
        (await client.submit_call(call, VALIDATOR, signer="hotkey")).raise_for_failure()
        found = await client.subnets.commitments(NETUID)
        expect("commitment", found[VALIDATOR.hotkey.ss58_address].data, "hello")


async def main():
    with step("connects"):
        client = await bt.Client(ENDPOINT, fallback_endpoints=[], archive_endpoints=[]).connect()
    for part in (reads, registers, stakes, sees_neurons, sets_weights, reads_rows, commits):
        await part(client)
    await client.close()


asyncio.run(main())
