/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI 2.10, 10.3.4, but for those about networks. */
#include "core/device-node.h"

#define ATAPI    1
#define VENDOR   10
#define UART     14
#define USB_WWID 16
#define ISCSI    19
#define NVME     23

/* Ata(Primary,Master,0x0) */
static pawl_err put_atapi(pawl_text *t, pawl_reader *r)
{
        uint8_t is_secondary = 0, is_slave = 0;
        uint16_t unit = 0;

        PAWL_TRY(pawl_read_u8(r, &is_secondary));
        PAWL_TRY(pawl_read_u8(r, &is_slave));
        PAWL_TRY(pawl_read_le16(r, &unit));
        pawl_text_put(t, is_secondary ? "Ata(Secondary," : "Ata(Primary,");
        pawl_text_put(t, is_slave ? "Slave," : "Master,");
        pawl_text_hex(t, unit);
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* Uart(115200,8,N,1); 0 is the default of whoever has the port. */
static pawl_err put_uart(pawl_text *t, pawl_reader *r)
{
        static const char *const parities[] = { "D", "N", "E", "O", "M", "S" };
        static const char *const stops[] = { "D", "1", "1.5", "2" };
        uint8_t data_bits = 0, parity = 0, stop = 0;
        uint64_t rate = 0;

        PAWL_TRY(pawl_read_skip(r, 4)); /* reserved */
        PAWL_TRY(pawl_read_le64(r, &rate));
        PAWL_TRY(pawl_read_u8(r, &data_bits));
        PAWL_TRY(pawl_read_u8(r, &parity));
        PAWL_TRY(pawl_read_u8(r, &stop));
        pawl_text_put(t, "Uart(");
        pawl_text_decimal(t, rate);
        pawl_text_put(t, ",");
        pawl_text_decimal(t, data_bits);
        pawl_text_put(t, ",");
        pawl_text_put(t, parity < sizeof(parities) / sizeof(parities[0]) ? parities[parity] : "x");
        pawl_text_put(t, ",");
        pawl_text_put(t, stop < sizeof(stops) / sizeof(stops[0]) ? stops[stop] : "x");
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* UsbWwid(vendor,product,interface,"serial number") */
static pawl_err put_usb_wwid(pawl_text *t, pawl_reader *r)
{
        uint16_t interface = 0, vendor = 0, product = 0;

        PAWL_TRY(pawl_read_le16(r, &interface));
        PAWL_TRY(pawl_read_le16(r, &vendor));
        PAWL_TRY(pawl_read_le16(r, &product));
        pawl_text_put(t, "UsbWwid(");
        pawl_text_hex(t, vendor);
        pawl_text_put(t, ",");
        pawl_text_hex(t, product);
        pawl_text_put(t, ",");
        pawl_text_hex(t, interface);
        pawl_text_put(t, ",\"");
        pawl_text_utf16(t, r->left);
        pawl_text_put(t, "\")");
        return PAWL_OK;
}

/* iSCSI(target,portal group,unit,header digest,data digest,authentication,protocol); UEFI 2.10,
 * 10.3.4.21. The unit is eight bytes, the first one first. */
static pawl_err put_iscsi(pawl_text *t, pawl_reader *r)
{
        uint16_t protocol = 0, options = 0, group = 0;
        uint64_t unit = 0;

        PAWL_TRY(pawl_read_le16(r, &protocol));
        PAWL_TRY(pawl_read_le16(r, &options));
        PAWL_TRY(pawl_read_be64(r, &unit));
        PAWL_TRY(pawl_read_le16(r, &group));
        pawl_text_put(t, "iSCSI(");
        pawl_text_ascii(t, r->left);
        pawl_text_put(t, ",");
        pawl_text_hex(t, group);
        pawl_text_put(t, ",");
        pawl_text_hex(t, unit);
        pawl_text_put(t, options & 2 ? ",CRC32C" : ",None");
        pawl_text_put(t, options & 8 ? ",CRC32C" : ",None");
        pawl_text_put(t, options & 0x800 ? ",None" : options & 0x1000 ? ",CHAP_UNI" : ",CHAP_BI");
        pawl_text_put(t, protocol == 0 ? ",TCP)" : ",reserved)");
        return PAWL_OK;
}

/* NVMe(namespace,EUI-64); the id is shown with its last byte first. UEFI 2.10, 10.3.4.22. */
static pawl_err put_nvme(pawl_text *t, pawl_reader *r)
{
        uint32_t namespace_id = 0;
        pawl_span eui;

        PAWL_TRY(pawl_read_le32(r, &namespace_id));
        PAWL_TRY(pawl_read_bytes(r, 8, &eui));
        pawl_text_put(t, "NVMe(");
        pawl_text_hex(t, namespace_id);
        for (size_t i = eui.len; i-- > 0;) {
                pawl_text_put(t, i + 1 == eui.len ? "," : "-");
                pawl_text_bytes(t, pawl_span_of(eui.data + i, 1));
        }
        pawl_text_put(t, ")");
        return PAWL_OK;
}

pawl_err pawl_messaging_node_text(pawl_text *t, uint8_t subtype, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);

        switch (subtype) {
        case ATAPI:
                return put_atapi(t, &r);
        case VENDOR:
                return pawl_vendor_node_text(t, "VenMsg", data);
        case UART:
                return put_uart(t, &r);
        case USB_WWID:
                return put_usb_wwid(t, &r);
        case ISCSI:
                return put_iscsi(t, &r);
        case NVME:
                return put_nvme(t, &r);
        default:
                return pawl_network_node_text(t, subtype, data);
        }
}
