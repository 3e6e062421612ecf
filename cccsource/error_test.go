package cccsource

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cdrvault/archive"
)

// Whatever the API says, the error does not repeat it.
func TestError_TellsNoSecretAndNoNumber(t *testing.T) {
	const (
		link   = "https://media.example/t0ken/a.mp3?sign=abcdef"
		number = "+86 138-0000-0000"
	)
	for name, body := range map[string]string{
		"message":      fmt.Sprintf(`{"Response":{"Error":{"Code":"InternalError","Message":"call of %s at %s by a@b.example %s"},"RequestId":"r\n%s"}}`, number, link, strings.Repeat("long ", 1000), link),
		"code":         fmt.Sprintf(`{"Response":{"Error":{"Code":"InternalError %s","Message":"no"},"RequestId":"r"}}`, link),
		"wrong type":   fmt.Sprintf(`{"Response":{"TotalCount":"%s","TelCdrList":["%s"]}}`, number, link),
		"wrong number": `{"Response":{"TotalCount":13800000000000000000000000000}}`,
		"HTML":         "<html>" + link + number,
		"truncated":    `{"Response":{"TelCdrList":[{"Caller":"` + number,
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := collect(t, serve(t, always(200, body)).source(t))
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range []string{"t0ken", "sign=", "138", "0000", "@", "\n"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error tells %q", secret)
				}
			}
			if len(err.Error()) > 500 {
				t.Errorf("error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestError_DoesNotPanicOnOddText(t *testing.T) {
	for _, s := range []string{"", strings.Repeat("\xe4", 3000), strings.Repeat("中", 1000), "\x00"} {
		if got := newError(200, s, s, s).Error(); len(got) > 300 {
			t.Errorf("error has %d bytes", len(got))
		}
	}
}

// A refusal of the key is told from a refusal of the request, and a count that cannot be from one that is not there.
func TestError_TellsWhatIsRefused(t *testing.T) {
	const refusal = `{"Response":{"Error":{"Code":"%s","Message":"no"},"RequestId":"r"}}`
	for code, denied := range map[string]bool{
		"AuthFailure.SecretIdNotFound": true, "UnauthorizedOperation": true, "UnsupportedRegion": true, "IpNotInWhitelist": true,
		"InvalidParameterValue": false, "InvalidParameter.InstanceNotExist": false, "ResourceNotFound": false,
	} {
		_, _, err := collect(t, serve(t, always(200, fmt.Sprintf(refusal, code))).source(t))
		if errors.Is(err, archive.ErrDenied) != denied {
			t.Errorf("%s: denied is not %v: %v", code, denied, err)
		}
	}
	_, _, err := collect(t, serve(t, always(200, `{"Response":{"TotalCount":-5,"TelCdrList":[]}}`)).source(t))
	if err == nil || !strings.Contains(err.Error(), "negative TotalCount") {
		t.Errorf("error %v", err)
	}
}
