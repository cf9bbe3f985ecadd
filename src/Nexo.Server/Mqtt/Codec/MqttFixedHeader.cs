namespace Nexo.Server.Mqtt.Codec;

/// <summary>How far the beginning of a packet has come.</summary>
internal enum MqttHeaderStatus : byte
{
    /// <summary>More bytes are needed to tell.</summary>
    Incomplete,
    Complete,

    /// <summary>The remaining length takes more than four bytes.</summary>
    Malformed,
}

/// <summary>What every packet begins with: <c>[u4 type][u4 flags][remaining length: 1 to 4 bytes]</c>.</summary>
/// <param name="First">Type and flags.</param>
/// <param name="Size">Of this header.</param>
/// <param name="Length">What follows it.</param>
internal readonly record struct MqttFixedHeader(byte First, int Size, int Length)
{
    /// <summary>The largest number that a variable byte integer holds.</summary>
    public const int LengthMax = 268_435_455;

    /// <summary>The longest header.</summary>
    public const int SizeMax = 1 + LengthBytesMax;

    private const int LengthBytesMax = 4;
    private const int LengthBits = 7;
    private const byte GoesOn = 0x80;

    public MqttPacketType Type => (MqttPacketType)(First >> 4);

    public byte Flags => (byte)(First & 0x0F);

    /// <summary>The whole packet.</summary>
    public int TotalSize => Size + Length;

    /// <summary>False: the length takes more bytes than it needs, which MQTT 5 forbids (§1.5.5).</summary>
    public bool IsMinimal => Size == 1 + LengthBytes(Length);

    /// <summary>True when the flags are those that §2.1.3 has for the type; those of PUBLISH are looked at by itself.</summary>
    public bool HasFlagsOfType => Type == MqttPacketType.Publish || Flags == FlagsOf(Type);

    public static byte FlagsOf(MqttPacketType type) =>
        type is MqttPacketType.Pubrel or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe ? (byte)2 : (byte)0;

    public static MqttHeaderStatus TryRead(ReadOnlySpan<byte> bytes, out MqttFixedHeader header)
    {
        header = default;
        int length = 0;
        for (int i = 0; i < LengthBytesMax; i++)
        {
            if (1 + i >= bytes.Length)
            {
                return MqttHeaderStatus.Incomplete;
            }

            byte next = bytes[1 + i];
            length |= (next & ~GoesOn) << (i * LengthBits);
            if (next < GoesOn)
            {
                header = new MqttFixedHeader(bytes[0], 2 + i, length);
                return MqttHeaderStatus.Complete;
            }
        }

        return MqttHeaderStatus.Malformed;
    }

    /// <summary>How many bytes a number takes as a variable byte integer.</summary>
    public static int LengthBytes(int number) => number switch
    {
        < 1 << LengthBits => 1,
        < 1 << (2 * LengthBits) => 2,
        < 1 << (3 * LengthBits) => 3,
        _ => LengthBytesMax,
    };

    /// <summary>Bytes of a packet with so much behind its header.</summary>
    public static int TotalOf(int length) => 1 + LengthBytes(length) + length;
}
