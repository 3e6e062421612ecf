// Package archive knows what "archived" means. It does not know where calls come from, which bucket they go to, what an
// event looks like or how a setting is spelled: those are its callers' and adapters' rooms.
//
// # Flow
//
// A run reads like this, and each step is the file of its name:
//
//	request  request.go   what an event asks for
//	plan     plan.go      which windows are due, and why (pure); ledger.go says what is committed already
//	recall   recall.go    what earlier runs committed for a window
//	read     source.go    pages of calls come in; rows.go makes them one set, and later the union with the lake
//	copy     media.go     the files that they name, on the side; spool.go holds them, truth.go judges them
//	commit   commit.go    media index, rows, manifest: the manifest last
//	late     drift.go     one count tells whether a call came late to a window that was archived before
//	answer   answer.go    what happened, without a person and without a secret
//
// Beside the flow stand window.go (time is cut into windows), keys.go (every key of the bucket), metadata.go (the story
// that each object carries), lines.go (NDJSON, packed), index.go and manifest.go (the books), budget.go (the time that is
// left), verify.go (the proof) and calendar.go (the state of every hour).
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
