package main

import (
	"fmt"
	"testing"
)

// TestFewDays lives through some fortnights in short. A night's work is one command: go run ./simulate -seeds 300.
func TestFewDays(t *testing.T) {
	seeds := []uint64{1, 2}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			s := fewDays(seed)
			s.Tell = func(line string) { t.Log(line) }
			tally, err := Live(t.Context(), s)
			t.Log(tally)
			if err != nil {
				t.Errorf("seed %d broke a promise (again: go run ./simulate -short -seed %d -v):\n%v", seed, seed, err)
			}
			if tally.Killed == 0 || tally.Together == 0 || tally.Calls == 0 || tally.Files == 0 {
				t.Errorf("seed %d is no test: %v", seed, tally)
			}
		})
	}
}
