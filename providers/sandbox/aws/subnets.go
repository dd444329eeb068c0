package aws

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// createSubnet makes a subnet whose block lies in its VPC and overlaps no other.
func createSubnet(o *sandbox.Operation) error {
	block, err := netip.ParsePrefix(fmt.Sprint(o.Inputs["cidrBlock"]))
	if err != nil {
		return err
	}
	id := fmt.Sprint(o.Inputs["vpcId"])
	owner := o.Object(vpcType, id)
	if owner == nil { // the run leaves it out, so that there is no id
		return fmt.Errorf("InvalidVpcID.NotFound: The vpc ID '%s' does not exist", id)
	}
	if outer, err := netip.ParsePrefix(owner.String("cidrBlock")); err != nil || !outer.Contains(block.Addr()) || outer.Bits() > block.Bits() {
		return fmt.Errorf("InvalidSubnet.Range: The CIDR '%s' is invalid: it is not in the block %s of %s", block, owner.String("cidrBlock"), id)
	}
	for _, other := range o.Cloud.OfType(subnetType) {
		taken, err := netip.ParsePrefix(other.String("cidrBlock"))
		if err == nil && other.String("vpcId") == id && other.Account == o.Account && taken.Overlaps(block) {
			return fmt.Errorf("InvalidSubnet.Conflict: The CIDR '%s' conflicts with another subnet (%s)", block, other.ID)
		}
	}
	zone, zoneID, err := zoneOf(o)
	if err != nil {
		return err
	}
	o.Outputs["availabilityZone"], o.Outputs["availabilityZoneId"], o.Outputs["ownerId"] = zone, zoneID, o.Account
	return made("subnet-", "ec2", "subnet/")(o)
}

// zoneOf finds the availability zone that a resource asks for by name or id.
func zoneOf(o *sandbox.Operation) (name, id string, err error) {
	wanted, byID := o.Inputs.Text("availabilityZoneId")
	if !byID {
		if wanted, byID = o.Inputs.Text("availabilityZone"); !byID {
			return o.Region + "a", zoneID(o.Region, 1), nil
		}
	}
	for i, letter := range []string{"a", "b", "c"} {
		if name, id := o.Region+letter, zoneID(o.Region, i+1); wanted == name || wanted == id {
			return name, id, nil
		}
	}
	return "", "", fmt.Errorf("InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid in %s", wanted, o.Region)
}

// zoneID is the id of the nth availability zone of a region: us-east-2 has use2-az1.
func zoneID(region string, n int) string {
	parts := strings.Split(region, "-")
	short := parts[0] + abbreviate(parts[1:len(parts)-1]) + parts[len(parts)-1]
	return fmt.Sprintf("%s-az%d", short, n)
}

func abbreviate(words []string) string {
	var short strings.Builder
	for _, word := range words {
		switch word {
		case "northeast", "southeast", "northwest", "southwest":
			short.WriteByte(word[0])
			short.WriteByte(word[5])
		default:
			short.WriteByte(word[0])
		}
	}
	return short.String()
}
