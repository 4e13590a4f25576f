/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI 2.10, 10.3.4.11 to 10.3.4.13 and 10.3.4.23 to 10.3.4.30: networks, and radio. */
#include "core/device-node.h"

#define MAC          11
#define IPV4         12
#define IPV6         13
#define URI          24
#define BLUETOOTH    27
#define WIFI         28
#define BLUETOOTH_LE 30
#define DNS          31

#define MAC_SIZE      32 /* of the field; an Ethernet address fills the first six */
#define ETHERNET_SIZE 6
#define IF_TYPE_OTHER 0 /* RFC 3232 */
#define IF_TYPE_ETHER 1
#define SSID_SIZE     32
#define IPV4_SIZE     4
#define IPV6_SIZE     16
#define PROTOCOL_TCP  6
#define PROTOCOL_UDP  17

/* MAC(112233445566,0x1) */
static pawl_err put_mac(pawl_text *t, pawl_reader *r)
{
        uint8_t type = 0;
        pawl_span address;

        PAWL_TRY(pawl_read_bytes(r, MAC_SIZE, &address));
        PAWL_TRY(pawl_read_u8(r, &type));
        if (type == IF_TYPE_OTHER || type == IF_TYPE_ETHER)
                address.len = ETHERNET_SIZE;
        pawl_text_put(t, "MAC(");
        pawl_text_bytes(t, address);
        pawl_text_put(t, ",");
        pawl_text_hex(t, type);
        pawl_text_put(t, ")");
        return PAWL_OK;
}

static pawl_err put_ipv4_address(pawl_text *t, pawl_reader *r)
{
        pawl_span address;

        PAWL_TRY(pawl_read_bytes(r, IPV4_SIZE, &address));
        for (size_t i = 0; i < address.len; i++) {
                pawl_text_put(t, i > 0 ? "." : "");
                pawl_text_decimal(t, address.data[i]);
        }
        return PAWL_OK;
}

/* In groups of four digits, none left out: longer than RFC 5952 wants, and as clear. */
static pawl_err put_ipv6_address(pawl_text *t, pawl_reader *r)
{
        const char *between = "";
        pawl_span group;

        for (size_t i = 0; i < IPV6_SIZE / 2; i++) {
                PAWL_TRY(pawl_read_bytes(r, 2, &group));
                pawl_text_put(t, between);
                pawl_text_bytes(t, group);
                between = ":";
        }
        return PAWL_OK;
}

static void put_protocol(pawl_text *t, uint16_t protocol)
{
        if (protocol == PROTOCOL_TCP)
                pawl_text_put(t, ",TCP,");
        else if (protocol == PROTOCOL_UDP)
                pawl_text_put(t, ",UDP,");
        else {
                pawl_text_put(t, ",");
                pawl_text_hex(t, protocol);
                pawl_text_put(t, ",");
        }
}

/* IPv4(remote,protocol,DHCP,local,gateway,mask); without the last two in older firmware. */
static pawl_err put_ipv4(pawl_text *t, pawl_reader *r)
{
        uint16_t protocol = 0;
        uint8_t is_static = 0;
        pawl_reader local;

        PAWL_TRY(pawl_read_sub(r, IPV4_SIZE, &local));
        pawl_text_put(t, "IPv4(");
        PAWL_TRY(put_ipv4_address(t, r));
        PAWL_TRY(pawl_read_skip(r, 2 + 2)); /* ports */
        PAWL_TRY(pawl_read_le16(r, &protocol));
        PAWL_TRY(pawl_read_u8(r, &is_static));
        put_protocol(t, protocol);
        pawl_text_put(t, is_static ? "Static," : "DHCP,");
        PAWL_TRY(put_ipv4_address(t, &local));
        if (r->left.len > 0) {
                pawl_text_put(t, ",");
                PAWL_TRY(put_ipv4_address(t, r));
                pawl_text_put(t, ",");
                PAWL_TRY(put_ipv4_address(t, r));
        }
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* IPv6(remote,protocol,origin,local,prefix length,gateway); without the last two in older firmware.
 */
static pawl_err put_ipv6(pawl_text *t, pawl_reader *r)
{
        static const char *const origins[] = { "Static,", "StatelessAutoConfigure,",
                "StatefulAutoConfigure," };
        uint16_t protocol = 0;
        uint8_t origin = 0, prefix = 0;
        pawl_reader local;

        PAWL_TRY(pawl_read_sub(r, IPV6_SIZE, &local));
        pawl_text_put(t, "IPv6(");
        PAWL_TRY(put_ipv6_address(t, r));
        PAWL_TRY(pawl_read_skip(r, 2 + 2)); /* ports */
        PAWL_TRY(pawl_read_le16(r, &protocol));
        PAWL_TRY(pawl_read_u8(r, &origin));
        if (origin >= sizeof(origins) / sizeof(origins[0]))
                return PAWL_ERR_UNSUPPORTED;
        put_protocol(t, protocol);
        pawl_text_put(t, origins[origin]);
        PAWL_TRY(put_ipv6_address(t, &local));
        if (r->left.len > 0) {
                PAWL_TRY(pawl_read_u8(r, &prefix));
                pawl_text_put(t, ",");
                pawl_text_decimal(t, prefix);
                pawl_text_put(t, ",");
                PAWL_TRY(put_ipv6_address(t, r));
        }
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* Dns(192.0.2.1,192.0.2.2): every address has 16 bytes, of which IPv4 fills the first four. */
static pawl_err put_dns(pawl_text *t, pawl_reader *r)
{
        const char *between = "Dns(";
        uint8_t is_ipv6 = 0;

        PAWL_TRY(pawl_read_u8(r, &is_ipv6));
        do {
                pawl_reader address;

                PAWL_TRY(pawl_read_sub(r, IPV6_SIZE, &address));
                pawl_text_put(t, between);
                between = ",";
                PAWL_TRY((is_ipv6 ? put_ipv6_address : put_ipv4_address)(t, &address));
        } while (r->left.len > 0);
        pawl_text_put(t, ")");
        return PAWL_OK;
}

static pawl_err put_bluetooth(pawl_text *t, pawl_reader *r, bool is_le)
{
        uint8_t type = 0;
        pawl_span address;

        PAWL_TRY(pawl_read_bytes(r, ETHERNET_SIZE, &address));
        pawl_text_put(t, is_le ? "BluetoothLE(" : "Bluetooth(");
        pawl_text_bytes(t, address);
        if (is_le) {
                PAWL_TRY(pawl_read_u8(r, &type));
                pawl_text_put(t, ",");
                pawl_text_hex(t, type);
        }
        pawl_text_put(t, ")");
        return PAWL_OK;
}

static pawl_err put_wifi(pawl_text *t, pawl_reader *r)
{
        pawl_span ssid;

        PAWL_TRY(pawl_read_bytes(r, SSID_SIZE, &ssid));
        pawl_text_put(t, "Wi-Fi(");
        pawl_text_ascii(t, ssid);
        pawl_text_put(t, ")");
        return PAWL_OK;
}

static pawl_err put_uri(pawl_text *t, pawl_reader *r)
{
        pawl_text_put(t, "Uri(");
        pawl_text_uri(t, r->left);
        pawl_text_put(t, ")");
        return PAWL_OK;
}

pawl_err pawl_network_node_text(pawl_text *t, uint8_t subtype, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);

        switch (subtype) {
        case MAC:
                return put_mac(t, &r);
        case IPV4:
                return put_ipv4(t, &r);
        case IPV6:
                return put_ipv6(t, &r);
        case URI:
                return put_uri(t, &r);
        case BLUETOOTH:
        case BLUETOOTH_LE:
                return put_bluetooth(t, &r, subtype == BLUETOOTH_LE);
        case WIFI:
                return put_wifi(t, &r);
        case DNS:
                return put_dns(t, &r);
        default:
                return PAWL_ERR_UNSUPPORTED;
        }
}
