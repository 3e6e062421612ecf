package main

import "testing"

// A number of a person is found wherever it stands, and is not seen in a checksum.
func TestPersonIn(t *testing.T) {
	for text, want := range map[string]string{
		`{"caller":"008610000000001"}`:        "008610000000001",
		"to 008600000042":                     "008600000042",
		"坐席 7":                                "坐席",
		`"crc64":"16008610021741950462","sha`: "",
		"calls=8":                             "",
	} {
		if got := personIn(text); got != want {
			t.Errorf("%s: found %q, want %q", text, got, want)
		}
	}
}
