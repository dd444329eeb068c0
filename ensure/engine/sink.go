package engine

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// sink hands what programs and plugins log to the operation's events.
type sink func(severity diag.Severity, urn resource.URN, message string)

func (s sink) Logf(severity diag.Severity, d *diag.Diag, args ...any) {
	message := d.Message
	if !d.Raw {
		message = fmt.Sprintf(message, args...)
	}
	s(severity, d.URN, message)
}
func (s sink) Debugf(d *diag.Diag, args ...any)   { s.Logf(diag.Debug, d, args...) }
func (s sink) Infof(d *diag.Diag, args ...any)    { s.Logf(diag.Info, d, args...) }
func (s sink) Infoerrf(d *diag.Diag, args ...any) { s.Logf(diag.Infoerr, d, args...) }
func (s sink) Errorf(d *diag.Diag, args ...any)   { s.Logf(diag.Error, d, args...) }
func (s sink) Warningf(d *diag.Diag, args ...any) { s.Logf(diag.Warning, d, args...) }
func (s sink) Stringify(severity diag.Severity, d *diag.Diag, args ...any) (string, string) {
	return string(severity), fmt.Sprintf(d.Message, args...)
}
