package config

import (
	"strings"
)

// supportedEnvironments are what a workload's name may end in.
var supportedEnvironments = []string{"development", "staging", "production", "validation"}

// validateName checks what a workload's names are made from. hyphenated says that the
// target's name has its two parts, so that there is more to check.
func (d *decoder) validateName(w *WorkloadCommon) (hyphenated bool) {
	if !strings.Contains(w.Name, "-") {
		d.reject("", "the target's directory %q must be named {name}-{environment}", w.Name)
		return false
	}
	environment := w.Environment()
	for _, supported := range supportedEnvironments {
		if environment == supported {
			return true
		}
	}
	problem := d.at(d.place(""), "", nearest(environment, supportedEnvironments),
		"the target's directory must end in -"+strings.Join(supportedEnvironments, ", -")+", not -"+environment)
	d.problems = append(d.problems, problem)
	return true
}

// defaultControlRoomRegion is where the Python programs look for a control room of which
// no region is given. (docs/reference/config-and-cli.md 1.3)
const defaultControlRoomRegion = "us-east-2"

// validateControlRoomKeys holds account and cluster name together: the Mimir password of a
// workload must not go to a guessed account. (docs/reference/aws-workload-base.md 12.19)
func (d *decoder) validateControlRoomKeys(w *WorkloadCommon) {
	keys := []struct{ key, value string }{
		{"control_room_account_id", w.ControlRoomAccountID},
		{"control_room_cluster_name", w.ControlRoomClusterName},
		{"control_room_region", w.ControlRoomRegion},
	}
	var given, missing []string
	for _, k := range keys {
		if d.attempted("spec."+k.key) || k.value != "" {
			given = append(given, k.key)
		} else if k.key != "control_room_region" {
			missing = append(missing, k.key)
		}
	}
	if len(given) == 0 {
		return
	}
	for _, key := range missing {
		d.reject("spec."+key, "required value is missing: it goes together with %s", strings.Join(given, " and "))
	}
	if w.ControlRoomRegion == "" && !d.attempted("spec.control_room_region") {
		w.ControlRoomRegion = defaultControlRoomRegion
	}
}

// noteControlRoomRegion says which region was taken for a control room of which none is
// given: that of the control room itself when it is known.
func (d *decoder) noteControlRoomRegion(w *WorkloadCommon, room *AWSControlRoom) {
	const path = "spec.control_room_region"
	if w.ControlRoomRegion == "" || d.attempted(path) {
		return
	}
	why := "the default"
	if room != nil && room.Region != "" {
		w.ControlRoomRegion, why = room.Region, "where control room "+room.Name+" is"
	}
	d.warn(path, "is not given, so it is %s, %s: write it down", w.ControlRoomRegion, why)
}

// validateMain checks that there is a site called main.
func (d *decoder) validateMain(hasMain bool) {
	_, given := d.places["spec.sites"]
	_, attempted := d.places["spec.sites."+MainSite]
	if given && !hasMain && !attempted {
		d.reject("spec.sites."+MainSite, "required value is missing: every workload has a site called main")
	}
}
