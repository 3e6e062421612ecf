// Command zip packs one binary for the platform: zip FILE ARCHIVE. The archive holds FILE at its root, executable,
// and nothing that depends on the machine or the hour, so that the same binary gives the same archive. It does not
// know what the binary is.
package main

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: zip FILE ARCHIVE")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "pack %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func pack(file, archive string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	if err := write(out, in, filepath.Base(file)); err != nil {
		out.Close() // what counts is the first error; a half archive is overwritten by the next run
		return err
	}
	return out.Close()
}

func write(out io.Writer, in io.Reader, name string) error {
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	header := &zip.FileHeader{Name: name, Method: zip.Deflate} // no time: it would differ between two builds
	header.SetMode(0o755)                                      // the platform executes it as it is unpacked
	entry, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(entry, in); err != nil {
		return err
	}
	return z.Close()
}
