namespace Nexo.Cli.Bench;

/// <summary>
/// Key <c>k</c> (from 0) with probability proportional to <c>1 / (k + 1)^exponent</c>. Sampled by rejection-inversion
/// (Hörmann and Derflinger, 1996), which needs no table of all keys; the logarithms are paid before the run, into a ring
/// that the run goes round.
/// </summary>
internal sealed class ZipfKeys : KeySource
{
    /// <summary>Samples in the ring: enough that its repetition changes the share of no key that matters.</summary>
    public const int RingLength = 1 << 20;

    private readonly uint[] _ring;
    private int _at;

    public ZipfKeys(int keys, double exponent, ulong seed, int ringLength = RingLength)
    {
        var sampler = new Sampler(keys, exponent);
        var random = new FastRandom(seed);
        _ring = new uint[ringLength];
        for (int i = 0; i < ringLength; i++)
        {
            _ring[i] = sampler.Next(ref random);
        }
    }

    public override void Fill(Span<uint> batch)
    {
        while (!batch.IsEmpty)
        {
            int count = Math.Min(batch.Length, _ring.Length - _at);
            _ring.AsSpan(_at, count).CopyTo(batch);
            batch = batch[count..];
            _at = (_at + count) % _ring.Length;
        }
    }

    private readonly struct Sampler
    {
        private readonly int _keys;
        private readonly double _exponent;
        private readonly double _integralFirst;
        private readonly double _integralLast;
        private readonly double _squeeze;

        public Sampler(int keys, double exponent)
        {
            _keys = keys;
            _exponent = exponent;
            _integralFirst = Integral(1.5) - 1;
            _integralLast = Integral(keys + 0.5);
            _squeeze = 2 - IntegralInverse(Integral(2.5) - Weight(2));
        }

        public uint Next(ref FastRandom random)
        {
            while (true)
            {
                double u = _integralLast + (random.NextDouble() * (_integralFirst - _integralLast));
                double x = IntegralInverse(u);
                double rank = Math.Clamp(Math.Round(x), 1, _keys);
                if (rank - x <= _squeeze || u >= Integral(rank + 0.5) - Weight(rank))
                {
                    return (uint)rank - 1;
                }
            }
        }

        private double Weight(double x) => Math.Exp(-_exponent * Math.Log(x));

        // (x^(1-e) - 1) / (1 - e), which is ln x where e is 1.
        private double Integral(double x)
        {
            double log = Math.Log(x);
            double scaled = (1 - _exponent) * log;
            return Math.Abs(scaled) > 1e-8 ? (Math.Exp(scaled) - 1) / scaled * log : log * (1 + (scaled / 2));
        }

        private double IntegralInverse(double x)
        {
            double scaled = Math.Max(x * (1 - _exponent), -1);
            double factor = Math.Abs(scaled) > 1e-8 ? Math.Log(1 + scaled) / scaled : 1 - (scaled / 2);
            return Math.Exp(factor * x);
        }
    }
}
