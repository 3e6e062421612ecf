package center

import (
	"crypto/hmac"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"cdrvault/devcloud/calls"
)

// ticket is what a link is worth: one file of one call until a moment.
type ticket struct {
	call    uint32 // the entry's number
	kind    calls.Kind
	index   int
	expires int64 // Unix seconds
	nonce   uint64
}

// kinds give the kinds their numbers in a ticket.
var kinds = []calls.Kind{
	calls.Recording, calls.ASR, calls.Participant, calls.Voicemail, calls.VoicemailASR, calls.Custom,
}

// A ticket's bytes begin with two whose base64 is "+/8", so that every token has what must not be re-escaped, and
// their number makes it end in "=".
const (
	macSize    = 15
	signedSize = 2 + 4 + 2 + 2 + 8 + 8
	ticketSize = signedSize + macSize
)

// signer makes and checks tickets.
type signer struct {
	ttl     time.Duration
	expired float64 // share of tickets that are never good

	mu    sync.Mutex
	key   [32]byte
	nonce uint64
	luck  *rand.Rand
}

func newSigner(ttl time.Duration, expired float64) *signer {
	s := &signer{ttl: ttl, expired: expired, luck: rand.New(rand.NewPCG(1, 1))}
	s.renew()
	return s
}

// renew makes all tickets that are out worthless.
func (s *signer) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	cryptorand.Read(s.key[:]) // never fails: it ends the program instead
}

// ticket makes a ticket for a file, other than all before.
func (s *signer) ticket(call int, m calls.Media, now time.Time) ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonce++
	t := ticket{call: uint32(call), kind: m.Kind, index: m.Index, expires: now.Add(s.ttl).Unix(), nonce: s.nonce}
	if s.luck.Float64() < s.expired {
		t.expires = now.Unix() - 1
	}
	return t
}

// seal makes the ticket's bytes, good together with the file's name alone.
func (s *signer) seal(t ticket, name string) []byte {
	b := []byte{0xfb, 0xff}
	b = binary.BigEndian.AppendUint32(b, t.call)
	b = binary.BigEndian.AppendUint16(b, uint16(slices.Index(kinds, t.kind)))
	b = binary.BigEndian.AppendUint16(b, uint16(t.index))
	b = binary.BigEndian.AppendUint64(b, uint64(t.expires))
	b = binary.BigEndian.AppendUint64(b, t.nonce)
	return append(b, s.mac(b, name)...)
}

// open reads a ticket back; ok is false where it is none of ours for that name, or was made before the last renew.
func (s *signer) open(b []byte, name string) (t ticket, ok bool) {
	if len(b) != ticketSize || !hmac.Equal(b[signedSize:], s.mac(b[:signedSize], name)) {
		return t, false
	}
	return ticket{
		call: binary.BigEndian.Uint32(b[2:]), kind: kinds[binary.BigEndian.Uint16(b[6:])],
		index: int(binary.BigEndian.Uint16(b[8:])), expires: int64(binary.BigEndian.Uint64(b[10:])),
		nonce: binary.BigEndian.Uint64(b[18:]),
	}, true
}

func (s *signer) mac(b []byte, name string) []byte {
	s.mu.Lock()
	key := s.key
	s.mu.Unlock()
	h := hmac.New(sha256.New, key[:])
	h.Write(b)
	h.Write([]byte(name))
	return h.Sum(nil)[:macSize]
}
