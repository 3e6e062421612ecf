package bucket

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"os"
	"sync"
)

// A blob is a file that holds a body and, behind it, what is known of it: body, JSON, the JSON's length (4 bytes, big
// endian), magic. One file, because one rename then changes both at once; the body in front, because a file's range
// is then the body's range. Objects, parts and uploads are blobs.
const magic = "cdrblob1"

const tailSize = 4 + len(magic)

// draft is a blob on its way: in the folder for temporary files until it is whole.
type draft struct {
	file *os.File
	sync bool
	md5  hash.Hash
	crc  hash.Hash64
	size int64 // of the body
}

var (
	crcTable = crc64.MakeTable(crc64.ECMA)
	buffers  = sync.Pool{New: func() any { b := make([]byte, 128<<10); return &b }}
)

func (d disk) draft() (*draft, error) {
	file, err := os.CreateTemp(d.path("tmp"), "draft-*")
	if err != nil {
		return nil, err
	}
	return &draft{file: file, sync: d.sync, md5: md5.New(), crc: crc64.New(crcTable)}, nil
}

// add appends r to the body.
func (d *draft) add(r io.Reader) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	n, err := io.CopyBuffer(io.MultiWriter(d.file, d.md5, d.crc), r, *buffer)
	d.size += n
	return err
}

// seal ends the body, writes down what is known of it, and makes the file durable.
func (d *draft) seal(about any) error {
	tail, err := json.Marshal(about)
	if err != nil {
		return err
	}
	tail = binary.BigEndian.AppendUint32(tail, uint32(len(tail)))
	if _, err := d.file.Write(append(tail, magic...)); err != nil {
		return err
	}
	if d.sync {
		if err := d.file.Sync(); err != nil {
			return err
		}
	}
	return d.file.Close()
}

// move puts the sealed file in its place, instead of what may be there.
func (d *draft) move(path string) error { return os.Rename(d.file.Name(), path) }

// discard removes what is left of the draft. After move nothing is. Errors do no harm: the next start sweeps.
func (d *draft) discard() {
	d.file.Close()
	os.Remove(d.file.Name())
}

// readBlob reads what a blob says of its body, and the body's size.
func readBlob(path string, about any) (size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	size = info.Size() - int64(tailSize)
	tail := make([]byte, tailSize)
	if _, err := file.ReadAt(tail, max(0, size)); err != nil || !bytes.Equal(tail[4:], []byte(magic)) {
		return 0, fmt.Errorf("read %s: not a whole blob", path)
	}
	length := int64(binary.BigEndian.Uint32(tail))
	if length > size {
		return 0, fmt.Errorf("read %s: the length of its description is wrong", path)
	}
	size -= length
	text := make([]byte, length)
	if _, err := file.ReadAt(text, size); err != nil {
		return 0, errors.Join(fmt.Errorf("read %s", path), err)
	}
	if err := json.Unmarshal(text, about); err != nil {
		return 0, fmt.Errorf("read %s: %w", path, err)
	}
	return size, nil
}
