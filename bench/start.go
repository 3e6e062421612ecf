package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"cdrvault/bench/stage"
	"cdrvault/devcloud/platform"
)

// start builds the function, and has it answer its first event: from the start of the process to
// the answer to a plan, which has to look into the bucket.
func start(ctx context.Context, l *lab) (Result, error) {
	dir, err := os.MkdirTemp("", "cdrvault-bench-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(dir)
	binary, err := build(ctx, dir)
	if err != nil {
		return Result{}, err
	}
	scene := stage.Scene{From: stage.Hour(time.Now()), Hours: 1}
	if err := l.set(scene); err != nil {
		return Result{}, err
	}
	var pings, answers []float64
	var rss int64
	for range pick(l, 3, 21) {
		ping, answer, memory, err := l.startOnce(ctx, binary, scene)
		if err != nil {
			return Result{}, err
		}
		pings, answers, rss = append(pings, ping), append(answers, answer), max(rss, memory)
	}
	return Result{Figures: []Figure{
		{Part: "start", Name: "start of the function to its first answered ping", Value: median(pings), Unit: "ms"},
		{Part: "start", Name: "start of the function to its first answer", Value: median(answers), Unit: "ms",
			Note: fmt.Sprintf("peak %d MB", rss/mb)},
	}}, nil
}

// build builds the product into dir, as scripts/package does.
func build(ctx context.Context, dir string) (binary string, err error) {
	binary = filepath.Join(dir, "main")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "cdrvault")
	cmd.Env, cmd.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the function (bench runs in the module's folder): %w", err)
	}
	return binary, nil
}

func (l *lab) startOnce(ctx context.Context, binary string, scene stage.Scene) (ping, answer float64, rss int64, err error) {
	began := time.Now()
	p, err := platform.Start(ctx, platform.Options{Binary: binary, Env: l.settings()})
	if err != nil {
		return 0, 0, 0, err
	}
	defer p.Close()
	event := fmt.Sprintf(`{"mode":"plan","from":%q,"to":%q}`, scene.From.Format(time.RFC3339), scene.From.Add(time.Hour).Format(time.RFC3339))
	got, err := p.Invoke(ctx, platform.Invocation{Event: []byte(event)})
	if err != nil {
		return 0, 0, 0, err
	}
	if got.Err != nil {
		return 0, 0, 0, got.Err
	}
	return p.PingTime().Seconds() * 1000, time.Since(began).Seconds() * 1000, got.MaxRSS, nil
}

// settings is the function's environment.
func (l *lab) settings() []string {
	return []string{
		"CCC_SDK_APP_IDS=" + stage.App, "CCC_ENDPOINT=http://" + l.at.API,
		"COS_BUCKET=lake-1250000000", "COS_REGION=ap-guangzhou", "COS_ENDPOINT=http://" + l.at.Bucket,
		"MEDIA_ALLOWED_HOSTS=" + l.at.Media,
		"TENCENTCLOUD_SECRETID=id", "TENCENTCLOUD_SECRETKEY=key", "TENCENTCLOUD_SESSIONTOKEN=token",
	}
}
