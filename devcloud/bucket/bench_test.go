package bucket_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"

	"cdrvault/devcloud/bucket"
)

// BenchmarkPut stores 200 KB objects through the SDK, client and server on the same cores.
func BenchmarkPut(b *testing.B) {
	for _, sync := range []bool{false, true} {
		b.Run(fmt.Sprintf("sync=%v", sync), func(b *testing.B) {
			store, err := bucket.New(bucket.Options{Dir: b.TempDir(), Name: name, NoSync: !sync,
				Credentials: func(string) (string, string, bool) { return "key-1", "token-1", true }})
			if err != nil {
				b.Fatal(err)
			}
			w := serve(b, store, store)
			body := bytes.Repeat([]byte("0123456789"), 20_000)
			b.SetBytes(int64(len(body)))
			var n atomic.Int64
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					key := fmt.Sprintf("media/%d.mp3", n.Add(1))
					if _, err := w.sdk.Object.Put(b.Context(), key, bytes.NewReader(body), nil); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
