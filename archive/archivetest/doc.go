// Package archivetest is the kit that tests of the archive and of its adapters share: a Store in memory that checks
// what it is given and fails on command, the conformance suite that every Store has to pass, a contact center in memory
// that goes by a script, and a walker that holds a whole bucket against the archive's promises. It is ordinary code,
// imported by tests only.
//
// It knows the contracts of Store, Source and Opener and the layout of the bucket, and reads manifests with code of its
// own. It does not know how the archive comes by what it writes.
package archivetest
