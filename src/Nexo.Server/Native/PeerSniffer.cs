using System.Text;

namespace Nexo.Server.Native;

/// <summary>
/// Guesses who is calling from first bytes that are not Nexo's, so that a client of the wrong kind is told why in a
/// form that it can show.
/// </summary>
internal static class PeerSniffer
{
    private const byte TlsHandshake = 0x16;
    private const byte MqttConnect = 0x10;

    // A TLS alert record: fatal, protocol_version (RFC 8446, section 6). A TLS stack reports it and stops reading.
    private static ReadOnlySpan<byte> TlsAlert => [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46];

    /// <summary>The bytes to answer with before closing, and the same reason for the log; null when it is unknown.</summary>
    public static (byte[] Answer, string Reason)? Recognize(ReadOnlySpan<byte> first)
    {
        if (first.IsEmpty)
        {
            return null;
        }

        const string Hint = "this port speaks the Nexo protocol; connect with a Nexo client";
        if (first[0] == TlsHandshake)
        {
            string reason = $"TLS is not enabled here: {Hint}, without TLS";
            return ([.. TlsAlert, .. Encoding.ASCII.GetBytes(reason + "\n")], reason);
        }

        if (LooksLikeHttp(first))
        {
            string reason = $"HTTP is on another port: {Hint}, or use the HTTP port (7655 by default)";
            string body = reason + "\n";
            string head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n";
            return (Encoding.ASCII.GetBytes(head + body), reason);
        }

        if (first[0] is (byte)'*' or (byte)'$')
        {
            string reason = $"the Redis protocol is not spoken here: {Hint}";
            return (Encoding.ASCII.GetBytes($"-ERR {reason}\r\n"), reason);
        }

        if (first[0] == MqttConnect)
        {
            string reason = $"MQTT is not spoken here: {Hint}";
            return (Encoding.ASCII.GetBytes(reason + "\n"), reason);
        }

        return null;
    }

    private static bool LooksLikeHttp(ReadOnlySpan<byte> first)
    {
        foreach (string method in (ReadOnlySpan<string>)["GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "PRI "])
        {
            int compared = Math.Min(first.Length, method.Length);
            if (Ascii.Equals(first[..compared], method.AsSpan(0, compared)))
            {
                return true;
            }
        }

        return false;
    }
}
