namespace Nexo.Siege.Fuzz;

/// <summary>Makes of something that a client says what no client says: by the same numbers always the same.</summary>
internal static class Mutator
{
    private const int BytesMax = 256 * 1_024;
    private static readonly byte[] Edges = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, (byte)'\r', (byte)'\n', (byte)'*', (byte)'$'];

    /// <summary>One to eight changes, none now and then, of openings put behind each other.</summary>
    public static byte[] Draw(IReadOnlyList<byte[]> openings, Random random)
    {
        List<byte> bytes = [];
        for (int count = 1 + random.Next(3); count > 0; count--)
        {
            bytes.AddRange(openings[random.Next(openings.Count)]);
        }

        for (int changes = random.Next(9); changes > 0 && bytes.Count is > 0 and < BytesMax; changes--)
        {
            Change(bytes, random);
        }

        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count);
        switch (random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes[at] = Edges[random.Next(Edges.Length)];
                break;
            case 3:
                bytes.RemoveRange(at, Math.Min(1 + random.Next(16), bytes.Count - at));
                break;
            case 4:
                bytes.Insert(at, Edges[random.Next(Edges.Length)]);
                break;
            case 5:
                byte[] noise = new byte[1 + random.Next(64)];
                random.NextBytes(noise);
                bytes.InsertRange(at, noise);
                break;
            case 6:
                // A length of four bytes that is much too large, or nothing, or negative.
                for (int i = at; i < Math.Min(at + 4, bytes.Count); i++)
                {
                    bytes[i] = random.Next(2) == 0 ? (byte)0xff : (byte)random.Next(256);
                }

                break;
            case 7:
                List<byte> part = bytes.GetRange(at, Math.Min(1 + random.Next(200), bytes.Count - at));
                for (int times = random.Next(50); times > 0; times--)
                {
                    bytes.InsertRange(at, part);
                }

                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }
}
