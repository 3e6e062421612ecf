package cdr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const signed = "https://rec.media.example/5ecret/"

func TestLinks_EveryPlace(t *testing.T) {
	raw := `{"SessionId":"s",
		"CustomRecordURL":"` + signed + `c.ogg?sign=1",
		"VoicemailRecordURL":["","` + signed + `v1.mp3?sign=1",null,"` + signed + `v3.amr?sign=1"],
		"VoicemailAsrURL":["` + signed + `v0.txt?sign=1"],
		"ServeParticipants":[{"RecordURL":""},{"RecordURL":"` + signed + `p1.m4a?sign=1","CustomRecordURL":"` + signed + `c1?sign=1"}],
		"AsrUrl":"` + signed + `asr?sign=1",
		"RecordURL":"` + signed + `r.WAV?sign=1"}`
	want := []File{
		{Kind: Recording, Name: "recording.wav", Link: signed + "r.WAV?sign=1"},
		{Kind: ASR, Name: "asr.json", Link: signed + "asr?sign=1"},
		{Kind: Participant, Index: 1, Name: "participant-1.m4a", Link: signed + "p1.m4a?sign=1"},
		{Kind: Voicemail, Index: 1, Name: "voicemail-1.mp3", Link: signed + "v1.mp3?sign=1"},
		{Kind: Voicemail, Index: 3, Name: "voicemail-3.amr", Link: signed + "v3.amr?sign=1"},
		{Kind: VoicemailASR, Name: "voicemail-asr-0.txt", Link: signed + "v0.txt?sign=1"},
		{Kind: Custom, Name: "custom.ogg", Link: signed + "c.ogg?sign=1"},
		{Kind: Custom, Index: 1, Name: "custom-1.mp3", Link: signed + "c1?sign=1"},
	}
	rec := normalize(t, normalizer(), raw)
	if diff := cmp.Diff(want, rec.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(rec.UnknownLinks) > 0 {
		t.Errorf("documented links reported as unknown: %v", rec.UnknownLinks)
	}
	const row = `{"AsrUrl":"media/s/asr.json","CustomRecordURL":"media/s/custom.ogg","RecordURL":"media/s/recording.wav",` +
		`"ServeParticipants":[{"RecordURL":""},{"CustomRecordURL":"media/s/custom-1.mp3","RecordURL":"media/s/participant-1.m4a"}],` +
		`"SessionId":"s","VoicemailAsrURL":["media/s/voicemail-asr-0.txt"],` +
		`"VoicemailRecordURL":["","media/s/voicemail-1.mp3",null,"media/s/voicemail-3.amr"]}`
	if diff := cmp.Diff(row, body(rec.Line)); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

func TestLinks_OfKindsThatAreNotCopied(t *testing.T) {
	n := normalizer()
	n.Kinds = map[Kind]bool{Recording: true}
	rec := normalize(t, n, `{"SessionId":"s","RecordURL":"`+signed+`r.mp3?sign=1","AsrUrl":"https://other.example/5ecret/a.json?sign=1",
		"VoicemailRecordURL":["`+signed+`v.mp3?sign=1",""],"ServeParticipants":[{"RecordURL":"`+signed+`p.mp3#5ecret"}]}`)
	const want = `{"AsrUrl":"https://other.example/…/a.json","RecordURL":"media/s/recording.mp3",` +
		`"ServeParticipants":[{"RecordURL":"https://rec.media.example/…/p.mp3"}],"SessionId":"s",` +
		`"VoicemailRecordURL":["https://rec.media.example/…/v.mp3",""]}`
	if diff := cmp.Diff(want, body(rec.Line)); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	if len(rec.Files) != 1 || rec.Files[0].Kind != Recording || rec.UnknownLinks != nil {
		t.Errorf("files %v, unknown %v; want one recording", rec.Files, rec.UnknownLinks)
	}
}

func TestLinks_InOtherFields(t *testing.T) {
	const link, other = signed + "x.mp3?sign=1", "https://u:5ecret@other.example:8080/a/b?sign=1#5ecret"
	const left, otherLeft = "https://rec.media.example/…/x.mp3", "https://other.example:8080/a/b"
	tests := []struct {
		name, raw, want string
		unknown         []string
	}{
		{"a link to a media host", `{"ScreenURL":"` + link + `"}`, `{"ScreenURL":"` + left + `"}`, []string{"ScreenURL"}},
		{"another link", `{"pageurl":"` + other + `"}`, `{"pageurl":"` + otherLeft + `"}`, nil},
		{"no link", `{"Url":"abc?x"}`, `{"Url":"abc?x"}`, nil},
		{"an array", `{"xUrl":["` + link + `",1,"` + other + `"]}`, `{"xUrl":["` + left + `",1,"` + otherLeft + `"]}`, []string{"xUrl"}},
		{"further down", `{"A":{"B":[{"cUrl":"` + link + `"},{"cUrl":"` + link + `"},[{"URL":"` + link + `"}]]}}`,
			`{"A":{"B":[{"cUrl":"` + left + `"},{"cUrl":"` + left + `"},[{"URL":"` + left + `"}]]}}`, []string{"A.B.URL", "A.B.cUrl"}},
		{"anything under the name", `{"xUrl":{"a":["` + link + `"]}}`, `{"xUrl":{"a":["` + left + `"]}}`, []string{"xUrl.a"}},
		{"of a participant", `{"ServeParticipants":[{"ScreenUrl":"` + link + `"},["x"],"y"]}`,
			`{"ServeParticipants":[{"ScreenUrl":"` + left + `"},["x"],"y"]}`, []string{"ServeParticipants.ScreenUrl"}},
		{"a name that ends otherwise", `{"UrlText":"` + other + `"}`, `{"UrlText":"` + other + `"}`, nil},
		{"a media link in another case", `{"recordurl":"` + link + `"}`, `{"recordurl":"` + left + `"}`, []string{"recordurl"}},
		{"the same at another host", `{"RECORDURL":"` + other + `"}`, `{"RECORDURL":"https://other.example:8080/…"}`, nil},
		{"a media link in another place", `{"SeatUser":{"RecordURL":"` + link + `"}}`, `{"SeatUser":{"RecordURL":"` + left + `"}}`, []string{"SeatUser.RecordURL"}},
		{"a media link in another form", `{"RecordURL":{"a":["` + link + `",5]},"AsrUrl":7}`,
			`{"AsrUrl":7,"RecordURL":{"a":["` + left + `",5]}}`, []string{"RecordURL.a"}},
		{"participants in another form", `{"ServeParticipants":{"RecordURL":"` + link + `"}}`,
			`{"ServeParticipants":{"RecordURL":"` + left + `"}}`, []string{"ServeParticipants.RecordURL"}},
		{"one voicemail without its array", `{"VoicemailRecordURL":"` + link + `","SessionId":"s"}`,
			`{"SessionId":"s","VoicemailRecordURL":"media/s/voicemail-0.mp3"}`, nil},
		{"a twin", `{"SessionId":"s","RecordURL":"","recordURL":"` + link + `","RecordURL":"` + link + `"}`,
			`{"RecordURL":"media/s/recording.mp3","RecordURL_2":"","SessionId":"s"}`, nil},
		{"a twin with another value", `{"SessionId":"s","RecordURL":"","recordURL":"` + link + `"}`,
			`{"RecordURL":"","SessionId":"s","recordURL_2":"` + left + `"}`, []string{"recordURL_2"}},
	}
	for _, tt := range tests {
		rec := normalize(t, normalizer(), tt.raw)
		if diff := cmp.Diff(tt.want, body(rec.Line)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.unknown, rec.UnknownLinks); diff != "" {
			t.Errorf("%s: unknown links (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestLinks_OddOnesAreStillFiles(t *testing.T) {
	for _, link := range []string{"abc", "/x/y", "ftp://h/a.wav", " https://h/a.wav ", "https://", `\ud83d`, "https://h/%zz?x"} {
		rec := normalize(t, normalizer(), `{"SessionId":"s","RecordURL":"`+link+`"}`)
		if len(rec.Files) != 1 || rec.Files[0].Link != link {
			t.Errorf("%q: files %+v", link, rec.Files)
		}
	}
}
