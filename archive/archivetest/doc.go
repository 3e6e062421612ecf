// Package archivetest is the kit that tests of the archive and of its adapters share: a Store in memory that checks
// what it is given and fails on command, and the conformance suite that every Store has to pass. It is ordinary code,
// imported by tests only.
//
// It knows the Store's contract and the contract of keys, metadata and media objects. It does not know what a window
// or a manifest is.
package archivetest
