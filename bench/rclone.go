package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// getRclone tells how to come by the peer. The version is the one that the targets were set by. They were set by a program of
// rclone's with the backends local and s3 alone: the official one, with all of them, takes some 75 MB more before it copies a
// byte, so that a share of its memory says less.
const getRclone = "go install github.com/rclone/rclone@v1.76.0, then bench with -rclone PROGRAM"

// besideRclone copies the same files with cdrvault and with rclone copyurl, once as rclone comes and once without the HEAD
// that it sends after every PUT. The targets are held against the quicker way, by which they were set: both ask the bucket once for each file then.
func (l *lab) besideRclone(ctx context.Context, binary, dir string, r *Result) error {
	for _, b := range besideCopies {
		c := b.copies
		c.files, c.rounds = pick(l, c.files/4, c.files), pick(l, 1, 3)
		work := fmt.Sprintf("%d × %s, %d in flight, %d ms", c.files, size(c.bytes), c.inFlight, c.delay.Milliseconds())
		peers, err := inTurns(work, c.rounds, []rival{
			{"cdrvault", func() (usage, error) { return l.copyByProduct(ctx, binary, c) }},
			{"rclone", func() (usage, error) { return l.copyByRclone(ctx, dir, c) }},
			{"rclone --s3-no-head", func() (usage, error) { return l.copyByRclone(ctx, dir, c, "--s3-no-head") }},
		})
		if err != nil {
			return err
		}
		quick := peers[2]
		note := fmt.Sprintf("by CPU %.2f; of rclone as it comes: time %.2f, memory %.2f", quick.CPUShare, peers[1].TimeShare, peers[1].MemoryShare)
		time := Figure{Part: "beside", Name: work + ": share of rclone's time", Value: quick.TimeShare, Note: note}
		memory := Figure{Part: "beside", Name: work + ": share of its memory", Value: quick.MemoryShare}
		if !l.short {
			time, memory = time.atMost(b.time), memory.atMost(b.memory)
		}
		r.Beside, r.Figures = append(r.Beside, peers...), append(r.Figures, time, memory)
	}
	return nil
}

// copyByProduct copies what belongs to one hour of calls; their pages are read and their rows written within its time.
func (l *lab) copyByProduct(ctx context.Context, binary string, c copies) (usage, error) {
	u, err := l.byProduct(ctx, binary, c.inFlight, c.scene())
	if err != nil {
		return u, err
	}
	u.Servers, err = l.arrived(c)
	return u, err
}

// copyByRclone copies a list of links, with rclone's own defaults but for flags and the number in flight. Its bucket is the
// folder of the pipe. It need not look whether the bucket is there: cdrvault does not either.
func (l *lab) copyByRclone(ctx context.Context, dir string, c copies, flags ...string) (usage, error) {
	list := filepath.Join(dir, "links.csv")
	if err := l.writeLinks(list, c.files); err != nil {
		return usage{}, err
	}
	if err := l.set(c.scene()); err != nil {
		return usage{}, err
	}
	args := []string{"copyurl", "--config", "", "--urls", list, ":s3:pipe", "--transfers", strconv.Itoa(c.inFlight)}
	u, err := child(ctx, command{program: l.peers.rclone, args: append(args, flags...), env: []string{
		"HOME=" + dir, "RCLONE_S3_PROVIDER=Other", "RCLONE_S3_REGION=ap-guangzhou", "RCLONE_S3_NO_CHECK_BUCKET=true",
		"RCLONE_S3_ENDPOINT=http://" + l.at.Bucket, "RCLONE_S3_ACCESS_KEY_ID=id", "RCLONE_S3_SECRET_ACCESS_KEY=key",
	}})
	if err != nil {
		return u, err
	}
	u.Servers, err = l.arrived(c)
	return u, err
}

// writeLinks writes what copyurl --urls reads: a link and a file name in each line.
func (l *lab) writeLinks(path string, files int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	for n := range files {
		if err := w.Write([]string{fmt.Sprintf("http://%s/recordings/%d.mp3", l.at.Media, n), fmt.Sprintf("%d.mp3", n)}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
