package main

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"cdrvault/devcloud/fault"
)

// weather is what goes wrong between the runs and the cloud. It changes from step to step, and is drawn anew each time.
type weather struct {
	rand   *rand.Rand
	api    *fault.Script // in front of the API and of media
	bucket *fault.Script
	odd    *odd
	gone   map[string]bool // files that the source has lost, by their name there; fixed from the beginning
}

func newWeather(seed uint64) *weather {
	return &weather{rand: rand.New(rand.NewPCG(seed, 2)), api: &fault.Script{}, bucket: &fault.Script{},
		odd: &odd{rand: rand.New(rand.NewPCG(seed, 3))}, gone: map[string]bool{}}
}

// front is one sort of trouble that may come.
type front struct {
	name  string
	share float64 // of steps
	api   func(*weather) []fault.Rule
	store func(*weather) []fault.Rule
	odd   float64
}

// fronts come alone or together.
var fronts = []front{
	{name: "busy bucket", share: 0.6, store: func(*weather) []fault.Rule {
		return []fault.Rule{refusal("", 503, "SlowDown", fault.Match{Every: 10})}
	}},
	{name: "bad lines to the bucket", share: 0.3, store: func(w *weather) []fault.Rule {
		return []fault.Rule{
			w.rare("PutObject", 0.03, fault.Action{Kind: fault.Drop}),
			w.rare("PutObject", 0.03, fault.Action{Kind: fault.Drop, Applied: true}),
			w.rare("*Upload*", 0.05, fault.Action{Kind: fault.Drop, Applied: true}),
			w.rare("GetObject", 0.03, fault.Action{Kind: fault.Cut, Bytes: 40}),
			w.rare("", 0.02, fault.Action{Kind: fault.Page, Status: http.StatusBadGateway}),
		}
	}},
	{name: "wrong checksums", share: 0.2, store: func(w *weather) []fault.Rule {
		return []fault.Rule{
			w.rare("PutObject", 0.1, fault.Action{Kind: fault.Alter, Header: map[string]string{"X-Cos-Hash-Crc64ecma": "17"}}),
			w.rare("*Upload*", 0.1, fault.Action{Kind: fault.Alter, Header: map[string]string{"X-Cos-Hash-Crc64ecma": ""}}),
		}
	}},
	{name: "keys revoked", share: 0.03, store: func(w *weather) []fault.Rule {
		return []fault.Rule{{Match: fault.Match{After: 5 + w.rand.IntN(100)}, Action: fault.Action{Kind: fault.Expire}}}
	}},
	{name: "moody API", share: 0.3, odd: 0.02, api: func(w *weather) []fault.Rule {
		return []fault.Rule{
			refusal("Describe*", 200, "RequestLimitExceeded", fault.Match{Chance: 0.1, Seed: w.rand.Uint64()}),
			w.rare("Describe*", 0.05, fault.Action{Kind: fault.Page, Status: http.StatusBadGateway}),
			w.rare("Describe*", 0.03, fault.Action{Kind: fault.Drop}),
			w.rare("Describe*", 0.03, fault.Action{Kind: fault.Cut, Bytes: 200}),
		}
	}},
	{name: "closed doors", share: 0.08, api: func(w *weather) []fault.Rule {
		return []fault.Rule{refusal("Get*", 403, "AccessDenied", fault.Match{Chance: 0.7, Seed: w.rand.Uint64()})}
	}},
	{name: "bad media", share: 0.25, api: func(w *weather) []fault.Rule {
		return []fault.Rule{
			w.rare("Get*", 0.02, fault.Action{Kind: fault.Cut, Bytes: 700}),
			w.rare("Get*", 0.01, fault.Action{Kind: fault.Drop}),
			w.rare("Get*", 0.01, fault.Action{Kind: fault.Page, Status: http.StatusOK}),
			refusal("Get*", 200, "InternalError", fault.Match{Chance: 0.01, Seed: w.rand.Uint64()}),
			refusal("Get*", 500, "InternalError", fault.Match{Chance: 0.01, Seed: w.rand.Uint64()}),
			refusal("Get*", 403, "AccessDenied", fault.Match{Chance: 0.02, Seed: w.rand.Uint64()}),
		}
	}},
}

// storm is the afternoon in which hardly anything of the API works.
var storm = front{name: "storm", odd: 0.2, api: func(w *weather) []fault.Rule {
	rules := []fault.Rule{
		w.rare("Describe*", 0.2, fault.Action{Kind: fault.Page, Status: http.StatusBadGateway}),
		w.rare("Describe*", 0.2, fault.Action{Kind: fault.Drop}),
		w.rare("Describe*", 0.2, fault.Action{Kind: fault.Cut, Bytes: 90}),
	}
	for _, code := range []string{"RequestLimitExceeded", "RequestLimitExceeded.UinLimitExceeded", "InternalError",
		"FailedOperation", "LimitExceeded", "AuthFailure.TokenFailure"} {
		rules = append(rules, refusal("Describe*", 200, code, fault.Match{Chance: 0.15, Seed: w.rand.Uint64()}))
	}
	return append(rules, refusal("Describe*", 500, "InternalError", fault.Match{Chance: 0.2, Seed: w.rand.Uint64()}))
}}

// hanging is one media file that never comes, and now and then an answer of the API. Only a run with a short deadline
// meets it, or a night would not do.
var hanging = front{name: "hanging", api: func(w *weather) []fault.Rule {
	once := func(operation string, after int) fault.Rule {
		return fault.Rule{Match: fault.Match{Operation: operation, After: after, Times: 1}, Action: fault.Action{Kind: fault.Hang}}
	}
	return []fault.Rule{once("Get*", 0), once("Describe*", 3+w.rand.IntN(60))}
}}

// shuffle holds requests back here and there, so that runs at once meet each other in ever other ways.
var shuffle = front{name: "shuffle", api: func(w *weather) []fault.Rule {
	return []fault.Rule{w.rare("", 0.1, fault.Action{Kind: fault.Slow, Delay: fault.Duration(3 * time.Millisecond)})}
}, store: func(w *weather) []fault.Rule {
	return []fault.Rule{w.rare("", 0.1, fault.Action{Kind: fault.Slow, Delay: fault.Duration(5 * time.Millisecond)})}
}}

// rare is an action that meets a share of the requests.
func (w *weather) rare(operation string, share float64, a fault.Action) fault.Rule {
	return fault.Rule{Match: fault.Match{Operation: operation, Chance: share, Seed: w.rand.Uint64()}, Action: a}
}

func refusal(operation string, status int, code string, m fault.Match) fault.Rule {
	m.Operation = operation
	return fault.Rule{Match: m, Action: fault.Action{Kind: fault.Refuse, Status: status, Code: code, Message: "simulated"}}
}

// change draws the weather of the next step, with what is certain to come, and names it.
func (w *weather) change(certain ...front) (string, error) {
	coming := certain
	for _, f := range fronts {
		if w.rand.Float64() < f.share {
			coming = append(coming, f)
		}
	}
	if w.rand.Float64() < 0.25 { // a good day
		coming = certain
	}
	return w.set(coming)
}

// clear lets the sun shine.
func (w *weather) clear() error {
	_, err := w.set(nil)
	return err
}

func (w *weather) set(coming []front) (string, error) {
	var api, store []fault.Rule
	var names []string
	odd := 0.0
	for _, f := range coming {
		names, odd = append(names, f.name), max(odd, f.odd)
		if f.api != nil {
			api = append(api, f.api(w)...)
		}
		if f.store != nil {
			store = append(store, f.store(w)...)
		}
	}
	w.odd.set(odd)
	if err := w.api.Set(api...); err != nil {
		return "", err
	}
	return strings.Join(names, ", "), w.bucket.Set(store...)
}
