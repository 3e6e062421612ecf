package center

import (
	"net/http"

	"cdrvault/devcloud/tc3"
)

// Refuse answers with an error in the form of what was asked: the API's envelope, or what the link's host would say. It
// is the Refuse of a fault.Wire. The true API tells its errors with status 200.
func Refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if isMedia(r.URL.Path) {
		refuse(w, r, status, code, message)
		return
	}
	tc3.Refuse(w, status, &tc3.Error{Code: code, Message: message})
}
