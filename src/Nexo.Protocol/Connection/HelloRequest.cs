using System.Text;

namespace Nexo.Protocol;

/// <summary>
/// HELLO, the first frame of a client. Body:
/// <c>[u16 versionMin][u16 versionMax]</c> then fields <c>[u16 tag][u16 length][bytes]</c> until the end.
/// Tags: 1 client name, 2 user, 3 password, 4 token, 5 namespace; all UTF-8. A tag that the server does not know is passed over;
/// a tag that comes twice is malformed.
/// </summary>
public sealed record HelloRequest
{
    private const ushort TagClientName = 1;
    private const ushort TagUser = 2;
    private const ushort TagPassword = 3;
    private const ushort TagToken = 4;
    private const ushort TagNamespace = 5;

    public ushort VersionMin { get; init; } = ProtocolVersion.V1;

    public ushort VersionMax { get; init; } = ProtocolVersion.V1;

    /// <summary>What the client calls itself in logs and listings; free text.</summary>
    public string? ClientName { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Token { get; init; }

    /// <summary>The namespace that the client wants to be in; null: the one that the server gives it.</summary>
    public string? Namespace { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out HelloRequest? hello)
    {
        var reader = new BodyReader(body);
        hello = null;
        if (!reader.TryReadUInt16(out ushort min) || !reader.TryReadUInt16(out ushort max) || min > max)
        {
            return false;
        }

        var fields = new string?[TagNamespace + 1];
        while (!reader.AtEnd)
        {
            if (!TaggedFields.TryRead(ref reader, out ushort tag, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            if (tag is 0 or > TagNamespace)
            {
                continue;
            }

            if (fields[tag] is not null || !TaggedFields.TryText(value, out fields[tag]))
            {
                return false;
            }
        }

        hello = new HelloRequest
        {
            VersionMin = min,
            VersionMax = max,
            ClientName = fields[TagClientName],
            User = fields[TagUser],
            Password = fields[TagPassword],
            Token = fields[TagToken],
            Namespace = fields[TagNamespace],
        };
        return true;
    }

    /// <exception cref="OverflowException">A text has more than 65,535 bytes; the frame is left open.</exception>
    public void WriteFrame(FrameBuffer buffer, uint correlation)
    {
        buffer.Begin(Opcode.Hello, FrameKind.Request, correlation);
        buffer.WriteUInt16(VersionMin);
        buffer.WriteUInt16(VersionMax);
        TaggedFields.WriteText(buffer, TagClientName, ClientName);
        TaggedFields.WriteText(buffer, TagUser, User);
        TaggedFields.WriteText(buffer, TagPassword, Password);
        TaggedFields.WriteText(buffer, TagToken, Token);
        TaggedFields.WriteText(buffer, TagNamespace, Namespace);
        buffer.End();
    }

    // Never print secrets.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"{nameof(ClientName)} = {ClientName}, {nameof(User)} = {User}");
        return true;
    }
}
