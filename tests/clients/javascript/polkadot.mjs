// @polkadot/api 16.5. Usage: polkadot.mjs ENDPOINT NETUID NETUID

import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import { stringCamelCase, u8aToHex } from "@polkadot/util";

const [endpoint, first, second] = process.argv.slice(2);
const netuids = [Number(first), Number(second)];
const TAO = 10n ** 9n;
const PALLETS = ["SubtensorModule", "RootWeights", "Commitments"];

function fail(reason) {
	console.log(`FAILED: ${reason}`);
	process.exit(1);
}

function expect(what, actual, expected) {
	const [is, shall] = [JSON.stringify(actual), JSON.stringify(expected)];
	if (is !== shall) fail(`${what}: expected ${shall}, got ${is}`);
}

// One operation of the client. It ends in time, or the script does.
async function step(what, work, within = 20) {
	const begun = performance.now();
	const alarm = setTimeout(() => fail(`${what}: no end after ${within} s`), within * 1000);
	const result = await work().catch((error) => fail(`${what}: ${error.stack ?? error}`));
	clearTimeout(alarm);
	console.log(`${((performance.now() - begun) / 1000).toFixed(2).padStart(7)} s  ${what}`);
	return result;
}

const provider = new WsProvider(endpoint);
let api;
const keys = new Keyring({ type: "sr25519" });
const [bob, validator, miner] = ["//Bob", "//validator", "//miner"].map((uri) => keys.addFromUri(uri));

function nameOf(error) {
	if (!error.isModule) return error.type;
	const { section, name } = api.registry.findMetaError(error.asModule);
	return `${section}.${name}`;
}

// Waits until the call is finalized; gives its events, or throws the name of its error.
function send(call, signer) {
	return new Promise((resolve, reject) => {
		const onStatus = ({ status, events, dispatchError }) => {
			if (!status.isFinalized) return;
			if (dispatchError) reject(new Error(nameOf(dispatchError)));
			else resolve(events.map(({ event }) => event));
		};
		call.signAndSend(signer, onStatus).catch(reject);
	});
}

function weights(netuid, dests, values) {
	return api.tx.subtensorModule.setWeights(netuid, dests, values, 0);
}

async function refused(what, call, signer, name) {
	await step(`refused: ${what}`, async () => {
		const told = await send(call, signer).then(() => "it succeeded", (error) => error.message);
		if (!told.includes(name)) throw new Error(`expected an error that names ${name}, got ${told}`);
		console.log(`           ${name}: ${told}`);
	});
}

async function metadata() {
	const pallets = api.runtimeMetadata.asLatest.pallets.map(({ name }) => name.toString());
	for (const pallet of PALLETS) expect(`there is ${pallet}`, pallets.includes(pallet), true);
	const known = new Set(Object.keys(api.tx.subtensorModule));
	for (const call of ["setWeights", "addStake", "burnedRegister"]) expect(`there is ${call}`, known.has(call), true);
}

// Three blocks, of which each follows on the one before, and events of as many.
async function blocksAndEvents() {
	const numbers = [];
	let succeeded = 0;
	const stopHeads = await api.rpc.chain.subscribeFinalizedHeads((header) => numbers.push(header.number.toNumber()));
	const stopEvents = await api.query.system.events((records) => {
		succeeded += records.filter(({ event }) => api.events.system.ExtrinsicSuccess.is(event)).length;
	});
	while (numbers.length < 3 || succeeded < 3) await new Promise((resolve) => setTimeout(resolve, 50));
	stopHeads();
	stopEvents();
	expect("numbers of three blocks", numbers.slice(0, 3), [0, 1, 2].map((more) => numbers[0] + more));
}

async function batchOfWeights() {
	const events = await send(api.tx.utility.batch(netuids.map((netuid) => weights(netuid, [1], [7]))), validator);
	expect("the batch was completed", events.some((event) => api.events.utility.BatchCompleted.is(event)), true);
	for (const netuid of netuids) {
		expect(`row on ${netuid}`, await api.query.subtensorModule.weights(netuid, 0), [[1, 65535]]);
	}
}

// Calls inside a batch are paid, so they run, and fail by name.
async function failingBatch() {
	await send(api.tx.balances.transferKeepAlive(validator.address, TAO), bob);
	const calls = [weights(netuids[0], [99], [1]), weights(404, [1], [1]), weights(netuids[0], [0, 1], [1])];
	const events = await send(api.tx.utility.forceBatch(calls), validator);
	const failed = events.filter((event) => api.events.utility.ItemFailed.is(event));
	const names = ["UidVecContainInvalidOne", "SubnetNotExists", "WeightVecNotEqualSize"];
	const told = failed.map((event) => nameOf(event.data.error));
	expect("errors of the items", told, names.map((name) => `subtensorModule.${name}`));
}

// So that as many maps as can be have entries when all are read.
async function fillMaps() {
	const { subtensorModule: subnets, commitments, sudo, utility } = api.tx;
	const hotkey = keys.addFromUri("//root").address;
	await send(utility.batchAll([
		subnets.rootRegister(hotkey),
		subnets.addStake(hotkey, 0, 5n * TAO),
		subnets.setRootWeights(0, hotkey, netuids, [1, 2], 0),
		subnets.decreaseTake(hotkey, 1000),
		subnets.registerNetwork(hotkey),
	]), bob);
	// Each parameter is set to what it is.
	const parameters = api.createType(subnets.setHyperparameter.meta.args[1].type.toString()).defKeys.map(async (name) => {
		const value = await api.query.subtensorModule[stringCamelCase(name)](netuids[1]);
		return subnets.setHyperparameter(netuids[1], { [name]: value });
	});
	const withReveal = subnets.setHyperparameter(netuids[1], { CommitRevealWeightsEnabled: true });
	await send(sudo.sudo(utility.batchAll([...(await Promise.all(parameters)), withReveal])), keys.addFromUri("//Alice"));
	await send(utility.batchAll([
		commitments.setCommitment(netuids[0], { fields: [{ Raw5: "hello" }] }),
		subnets.serveAxon(netuids[0], 1, 0x7f000001, 8091, 4, 0, 0, 0),
		subnets.servePrometheus(netuids[0], 1, 0x7f000001, 9090, 4),
	]), validator);
	await send(subnets.commitWeights(netuids[1], `0x${"11".repeat(32)}`), miner);
	// Bonds come with the next epoch.
	const bonds = () => api.query.subtensorModule.bonds(netuids[0], 0);
	while ((await bonds()).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
}

// Whether a value, encoded again, gives the bytes that the chain stores under its key at a block.
async function expectSameBytes(what, key, value, block) {
	const stored = await provider.send("state_getStorage", [key, block]);
	const decoded = value.isSome ? value.unwrap() : value;
	if (stored !== null) expect(`bytes of ${what}`, u8aToHex(decoded.toU8a()), stored);
}

async function everyItem() {
	const block = (await api.rpc.chain.getFinalizedHead()).toHex();
	const at = await api.at(block);
	const pallets = api.runtimeMetadata.asLatest.pallets.filter(({ name }) => PALLETS.includes(name.toString()));
	const empty = [];
	let [items, entries] = [0, 0];
	for (const pallet of pallets) {
		const queries = at.query[stringCamelCase(pallet.name.toString())];
		for (const { name, type } of pallet.storage.unwrap().items) {
			const query = queries[stringCamelCase(name.toString())];
			const found = type.isPlain ? [[query, await query()]] : await query.entries();
			for (const [key, value] of found) {
				await expectSameBytes(`${pallet.name}.${name}`, key.key?.() ?? key.toHex(), value, block);
			}
			if (found.length === 0) empty.push(name.toString());
			items += 1;
			entries += found.length;
		}
	}
	console.log(`           ${items} items with ${entries} values; maps without entries: ${empty.join(" ")}`);
	const filled = ["Uids", "Weights", "Bonds", "Alpha", "Axons", "WeightCommits", "SubnetOwner", "CommitmentOf"];
	for (const name of filled) expect(`${name} is empty`, empty.includes(name), false);
}

await step("connects", async () => {
	api = await ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true });
});
await step("metadata", metadata);
await step("blocks and events", blocksAndEvents);
await step("a funded hotkey's batch whose calls fail", failingBatch);
await refused("unknown uid", weights(netuids[0], [99], [1]), validator, "UidVecContainInvalidOne");
await step("a funded hotkey's batch of weights", batchOfWeights);
await refused("too soon", weights(netuids[0], [1], [1]), validator, "SettingWeightsTooFast");
await refused("no permit", weights(netuids[0], [0], [1]), miner, "NeuronNoValidatorPermit");
await refused("wrong lengths", weights(netuids[0], [0, 1], [1]), miner, "WeightVecNotEqualSize");
await step("fills maps", fillMaps);
await step("reads every storage item", everyItem);
await api.disconnect();
