// Package stage is the neutral ground of the benchmark: a contact center's API, a host of recordings and a bucket, on
// loopback, in a process of their own. They answer as the true ones do, as cheaply as they can, so that what is measured
// is the client and not its servers.
//
// It promises that every byte which arrives in the bucket was looked at: a body that is a recording is compared with it, at
// a tenth of what a digest costs; any other is digested. It checks no signature, keeps nothing but small objects and the sizes of large ones, and has no
// fault but the one link that a Scene may call flaky. Whatever has to be faithful is tested on devcloud instead.
package stage

import "time"

// Scene is what the servers show. Setting a new one empties the bucket and the counters.
type Scene struct {
	From  time.Time // the first hour that has calls; a full hour
	Hours int       // how many hours on end have calls
	Calls int       // in each hour
	Bytes int64     // of each call's recording; 0: the calls have none

	APIDelay   time.Duration // before each answer of the API
	MediaDelay time.Duration // before each answer of the recordings' host
	StoreDelay time.Duration // before each answer of the bucket
	Limit      int           // requests in any one second that the API lets pass; 0: any number
	Digest     bool          // the bucket works out the CRC64 of what it takes, as a true one has to, instead of knowing it
	Flaky      bool          // the first download of the first call's recording is cut in its middle
}

// Counts is what the servers saw since the scene was set.
type Counts struct {
	API       int            // requests to the API that were answered
	Refused   int            // and those that were refused for the limit
	Downloads int            // requests for recordings
	Store     map[string]int // requests to the bucket, by method and first folder: "PUT media"
	Stored    int64          // bytes of recordings that the bucket took
	Strange   int            // bodies under media/ and pipe/ that are no recording of this scene
	CPU       time.Duration  // that the servers' process used since then
}

// Addresses are where the servers listen: "host:port" each. Control takes scenes and gives counts.
type Addresses struct {
	API, Media, Bucket, Control string
}

// App is the application that has the calls.
const App = "1400000000"
