namespace Nexo.Protocol;

/// <summary>Constants that both ends of a connection agree on before HELLO.</summary>
public static class ProtocolVersion
{
    /// <summary>The only version so far.</summary>
    public const ushort V1 = 1;

    /// <summary>The port that the protocol is served on by default.</summary>
    public const int DefaultPort = 7654;

    /// <summary>The largest frame, header included, that a server accepts unless it is set otherwise.</summary>
    public const int DefaultFrameBytesMax = 16 * 1_024 * 1_024;

    /// <summary>The first bytes that a client sends, before its HELLO frame: <c>NEXO</c> in ASCII.</summary>
    public static ReadOnlySpan<byte> Preface => "NEXO"u8;
}
