#include <errno.h>
#include <fcntl.h>
#include <linux/ipmi.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "introspect/agent/console.h"
#include "introspect/agent/ipmi.h"

#define ANSWER_TIMEOUT_MS 2000

/* The kernel's interface is described in Documentation/driver-api/ipmi.rst: a command goes in with a number of the caller's, its answer comes
 * out with the same number. */
static int receive(int fd, long id, uint8_t *response, size_t *size) {
        uint64_t deadline = console_now_ms() + ANSWER_TIMEOUT_MS;
        for (;;) {
                uint64_t now = console_now_ms();
                struct pollfd pfd = { .fd = fd, .events = POLLIN };
                if (now >= deadline || poll(&pfd, 1, (int) (deadline - now)) == 0)
                        return -ETIMEDOUT;
                struct ipmi_addr address;
                struct ipmi_recv received = {
                        .addr = (unsigned char *) &address,
                        .addr_len = sizeof address,
                        .msg = { .data = response, .data_len = (unsigned short) *size },
                };
                if (ioctl(fd, IPMICTL_RECEIVE_MSG_TRUNC, &received) < 0 && errno != EMSGSIZE) {
                        if (errno == EAGAIN || errno == EINTR)
                                continue;
                        return -errno;
                }
                if (received.recv_type != IPMI_RESPONSE_RECV_TYPE || received.msgid != id)
                        continue;
                if (received.msg.data_len < *size)
                        *size = received.msg.data_len;
                return 0;
        }
}

static int send_through_kernel(void *userdata, uint8_t netfn, uint8_t command, const uint8_t *request, size_t request_size,
                               uint8_t *response, size_t *size) {
        static long last_id;
        int fd = *(int *) userdata;
        uint8_t data[32];
        struct ipmi_system_interface_addr bmc = { .addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE, .channel = IPMI_BMC_CHANNEL };
        if (request_size > sizeof data)
                return -EMSGSIZE;
        memcpy(data, request, request_size);
        struct ipmi_req message = {
                .addr = (unsigned char *) &bmc,
                .addr_len = sizeof bmc,
                .msgid = ++last_id,
                .msg = { .netfn = netfn, .cmd = command, .data = data, .data_len = (unsigned short) request_size },
        };
        if (ioctl(fd, IPMICTL_SEND_COMMAND, &message) < 0)
                return -errno;
        return receive(fd, message.msgid, response, size);
}

int ipmi_lan_read(struct ipmi_lan *ret) {
        *ret = (struct ipmi_lan){ 0 };
        int fd = open("/dev/ipmi0", O_RDWR | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        int r = ipmi_lan_ask(send_through_kernel, &fd, ret);
        close(fd);
        return r;
}
