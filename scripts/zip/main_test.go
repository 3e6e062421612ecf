package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPack_SameBinarySameArchive(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "main")
	if err := os.WriteFile(binary, []byte("\x7fELF program"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := packed(t, binary)
	if err := os.Chtimes(binary, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, packed(t, binary)) {
		t.Error("a second archive of the same binary differs")
	}

	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != 1 || z.File[0].Name != "main" || z.File[0].Mode() != 0o755 {
		t.Fatalf("archive has %d files, the first %q with mode %v", len(z.File), z.File[0].Name, z.File[0].Mode())
	}
	entry, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(entry); err != nil || string(got) != "\x7fELF program" {
		t.Errorf("unpacked %q, %v", got, err)
	}
}

func TestPack_NoBinary(t *testing.T) {
	if err := pack(filepath.Join(t.TempDir(), "main"), filepath.Join(t.TempDir(), "out.zip")); err == nil {
		t.Error("nothing to pack, and no error")
	}
}

func packed(t *testing.T, binary string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.zip")
	if err := pack(binary, out); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
