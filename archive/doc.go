// Package archive knows what "archived" means. It does not know where calls come from, which bucket they go to, what an
// event looks like or how a setting is spelled: those are its callers' and adapters' rooms.
//
// # Flow
//
// A run begins in archive.go (Run), with what an Archiver is made of in options.go and the state of one run in run.go. Then it
// reads like this:
//
//	request  request.go   what an event asks for; tasks.go makes it windows to work on
//	plan     plan.go      which windows are due, and why (pure); ledger.go says what is committed already, manifests.go reads it,
//	                      shortcut.go saves reading it again
//	backfill backfill.go  what a range lacks; shares.go cuts it for runs side by side, slices.go a window with very many calls
//	foresee  foresee.go   what a run would do and cost: census.go counts calls, draw.go chooses some, sample.go looks at them,
//	                      sizes.go at their files; weigh.go tells what windows weigh, workload.go and fleet.go reckon (pure)
//	sync     sync.go      one window after the other, several at once: recall, read, copy, commit; meanwhile.go passes over what
//	                      other runs have committed since the plan was made
//	recall   recall.go    what earlier runs committed for a window
//	read     source.go    the port that calls come in by; rows.go takes them in
//	copy     copier.go    the files that the calls name, on the side; media.go copies one, spool.go holds it where
//	                      scratch.go has room, truth.go judges it, playtime.go tells how long it plays
//	unite    union.go     what the API gives and what the lake has
//	commit   commit.go    media index, rows, manifest: the manifest last; put.go writes the objects of the first two; announce.go
//	                      says of a window that was archived already that it is being written anew
//	late     drift.go     one count tells whether a call came late to a window that was archived before
//	rest     rest.go      what time kept from being done, as the request of a run that goes on with it; twins.go tells which of
//	                      several runs of one event hands it on
//	answer   answer.go    what happened, as report.go says it, without a person and without a secret
//	tidy     tidy.go      files the answer, beside shortcuts for the next run, and ends uploads that nobody ends
//
// Windows of any size fit into little memory: rowset.go gathers rows in batches, batch.go packs them, merge.go gives them back in
// order, and parts.go cuts a window with very many calls into several objects, of which shelf.go keeps account.
//
// Beside the flow stand window.go (time is cut into windows), keys.go (every key of the bucket), store.go (the port to it),
// metadata.go (the story that each object carries), lines.go (NDJSON, packed), index.go, manifest.go with seal.go, and debts.go
// (the books), budget.go (the time that is left), figures.go (figures between two bounds), estimate.go (how far apart these are),
// prices.go (what the vendor lists), queue.go (work done side by side), verify.go with audit.go and auditfiles.go (the proof),
// calendar.go (the state of every hour), entries.go (what is owed and lost) and follow.go (how far a backfill has come).
//
// # Promises
//
//  1. Every call that the API lists for a window is in the lake exactly once.
//  2. Every file that a row names is in the bucket byte for byte as the source sent it, or stands in the manifest as owed or
//     lost.
//  3. What was once archived never shrinks: a call, a field's value or a file that the API no longer gives stays.
//  4. A second run over unchanged calls writes nothing and downloads nothing.
//  5. Killing the process at any moment, or running it several times at once, breaks none of these. There is no repair
//     code: the next run finds what is missing because it always looks the same way.
//  6. No secret and no person leaves through an object's name, its metadata, an error or the answer.
//  7. What is not proved is not said.
//
// docs/DESIGN.md tells why they hold.
package archive
