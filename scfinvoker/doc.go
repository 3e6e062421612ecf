// Package scfinvoker puts events into the queue of a function on Tencent's SCF, through the official SDK: an asynchronous
// Invoke (InvocationType Event), after which the platform runs the function by itself.
//
// It promises that what can pass is tried again, a bounded number of times and within the context, that what cannot ends at
// once with the platform's code, its request id and what to do, and that no key and no word of an answer stands in an error.
//
// An event can be queued twice: where the answer to a first attempt is lost, nobody knows whether it was taken. It does not
// know what an event says, whether it was run, or how the run went. It does not log and reads no environment.
package scfinvoker
