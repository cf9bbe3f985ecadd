Console.WriteLine("nexo");
