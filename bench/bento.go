package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cdrvault/bench/stage"
)

// getBento tells what -bento takes.
const getBento = "name its program with -bento PROGRAM; one with the components io and pure alone will do"

// besideBento takes the same calls from the API's pages to packed lines in the bucket, with cdrvault and with Bento: once
// into one object, as cdrvault does, and once into many, which spares Bento's memory. Bento neither sorts nor compares what it
// was given with what there is; there is no target.
func (l *lab) besideBento(ctx context.Context, binary, dir string, r *Result) error {
	scene := stage.Scene{From: stage.Hour(time.Now()), Hours: 1, Calls: pick(l, 20_000, 200_000)}
	work := fmt.Sprintf("%d rows from pages to gzip", scene.Calls)
	peers, err := inTurns(work, pick(l, 1, 3), []rival{
		{"cdrvault", func() (usage, error) { return l.rowsByProduct(ctx, binary, scene) }},
		{"bento, one object", func() (usage, error) { return l.rowsByBento(ctx, dir, scene, scene.Calls) }},
		{"bento, 1000 rows in each", func() (usage, error) { return l.rowsByBento(ctx, dir, scene, 1000) }},
	})
	if err != nil {
		return err
	}
	r.Beside = append(r.Beside, peers...)
	for _, p := range peers[1:] {
		r.Figures = append(r.Figures, Figure{Part: "beside", Name: work + ": share of the time of " + p.Program, Value: p.TimeShare,
			Note: fmt.Sprintf("by CPU %.2f, of its memory %.2f", p.CPUShare, p.MemoryShare)})
	}
	return nil
}

func (l *lab) rowsByProduct(ctx context.Context, binary string, scene stage.Scene) (usage, error) {
	u, err := l.byProduct(ctx, binary, 32, scene)
	if err != nil {
		return u, err
	}
	u.Servers, err = l.archived(ctx, "cdr/", scene.Calls)
	return u, err
}

// pagesToRows is Bento's configuration: requests for pages, each answer's list taken apart, batches packed and put. Several
// pages are asked for at once, as cdrvault does.
const pagesToRows = `
http: {enabled: false}
logger: {level: ERROR}
input:
  generate:
    count: %d
    interval: ""
    mapping: 'root = {"StartTimeStamp": %d, "EndTimeStamp": %d, "PageSize": 100, "PageNumber": count("page") - 1}'
pipeline:
  threads: 16
  processors:
    - http: {url: "http://%s", verb: POST}
    - mapping: root = this.Response.TelCdrList
    - unarchive: {format: json_array}
output:
  http_client:
    url: 'http://%s/rows/${! count("object") }.ndjson.gz'
    verb: PUT
    max_in_flight: 4
    batch_as_multipart: false
    batching:
      count: %d
      processors:
        - archive: {format: lines}
        - compress: {algorithm: gzip}
`

// rowsByBento puts as many rows into each object as batch says.
func (l *lab) rowsByBento(ctx context.Context, dir string, scene stage.Scene, batch int) (usage, error) {
	config := filepath.Join(dir, "bento.yaml")
	from := scene.From.Unix()
	text := fmt.Sprintf(pagesToRows, scene.Calls/100, from, from+3600, l.at.API, l.at.Bucket, batch)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return usage{}, err
	}
	if err := l.set(scene); err != nil {
		return usage{}, err
	}
	u, err := child(ctx, command{program: l.peers.bento, args: []string{"-c", config}, env: []string{"HOME=" + dir}})
	if err != nil {
		return u, err
	}
	u.Servers, err = l.archived(ctx, "rows/", scene.Calls)
	return u, err
}
