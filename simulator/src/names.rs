//! Names as the register has them: of many languages, with accents, apostrophes, hyphens and spaces.
//!
//! (`rustfmt` would give every name a line.)

/// Given names.
#[rustfmt::skip]
pub(crate) const FIRST: &[&str] = &[
    "Aaron", "Abigail", "Adaeze", "Agnieszka", "Ahmed", "Aisha", "Alan", "Alice", "Amara", "Amelia", "Amir",
    "Amy", "Anastasia", "Andrew", "Aneesa", "Anjali", "Ann", "Anna", "Anthony", "Aoife", "Arjun", "Asha",
    "Ayodele", "Beatriz", "Ben", "Bilal", "Brian", "Bronwen", "Caitlín", "Carys", "Catherine", "Charlotte",
    "Chidi", "Chinonso", "Chloë", "Christopher", "Ciarán", "Claire", "Daniel", "David", "Deepak", "Dimitri",
    "Dylan", "Ebele", "Eilidh", "Eleanor", "Elizabeth", "Emeka", "Emma", "Eoin", "Esther", "Fatima", "Fiona",
    "François", "Gareth", "George", "Grace", "Graham", "Hamza", "Hannah", "Harpreet", "Harriet", "Hassan",
    "Helen", "Hiroshi", "Hui Min", "Ibrahim", "Imogen", "Ioana", "Isla", "Ismail", "Jack", "James", "Jane",
    "Javier", "Jean-Luc", "Jennifer", "Jessica", "Joanna", "John", "José", "Jürgen", "Karen", "Katarzyna",
    "Kavita", "Kenji", "Khadija", "Kwame", "Laura", "Layla", "Liam", "Louise", "Lucy", "Lukas", "Łukasz",
    "Mairéad", "Małgorzata", "Mariam", "Marie-Claire", "Mark", "Mary", "Matthew", "Mei Ling", "Michael",
    "Mohammed", "Muhammad", "Nadia", "Naomi", "Neha", "Ngozi", "Niamh", "Nikolaos", "Nimesh", "Oliver",
    "Olivia", "Oluwaseun", "Omar", "Parveen", "Patrick", "Paul", "Peter", "Piotr", "Pooja", "Priya", "Rachel",
    "Rahul", "Rajesh", "Rebecca", "Rhys", "Richard", "Robert", "Róisín", "Ruth", "Saba", "Samuel", "Sandeep",
    "Sanjay", "Sara", "Sarah", "Seán", "Shabnam", "Siân", "Simon", "Siobhán", "Sofia", "Sophie", "Søren",
    "Stephen", "Sunita", "Susan", "Swati", "Tariq", "Temitope", "Thomas", "Timothy", "Tobias", "Uche",
    "Usman", "Victoria", "Vikram", "Wei", "William", "Xin Yi", "Yasmin", "Yusuf", "Zainab", "Zara", "Zoë",
    "Zsófia",
];

/// Family names of one part; [`crate::texts`] makes the double-barrelled ones.
#[rustfmt::skip]
pub(crate) const LAST: &[&str] = &[
    "Abbott", "Abdullah", "Abubakar", "Adebayo", "Adeyemi", "Agarwal", "Ahmed", "Akhtar", "Alexander", "Ali",
    "Allen", "Anderson", "Asante", "Ashworth", "Bailey", "Baker", "Balogun", "Banerjee", "Barnes", "Begum",
    "Bennett", "Bhatt", "Boateng", "Brown", "Burke", "Campbell", "Carter", "Chan", "Chatterjee", "Chaudhry",
    "Chen", "Chowdhury", "Clark", "Clarke", "Cohen", "Collins", "Cooper", "Cox", "D'Souza", "Das", "Davies",
    "Dawson", "de Silva", "Desai", "Dubois", "Edwards", "El-Sayed", "Eze", "Evans", "Farooq", "Fernandes",
    "Fernando", "Foster", "Fraser", "García", "George", "Ghosh", "Gill", "Gonçalves", "Gordon", "Graham",
    "Grant", "Green", "Griffiths", "Gupta", "Hall", "Hamilton", "Harris", "Harrison", "Hassan", "Hill", "Ho",
    "Hughes", "Hussain", "Ibrahim", "Iqbal", "Islam", "Iyer", "Jackson", "James", "Javed", "Johnson", "Jones",
    "Joseph", "Joshi", "Kapoor", "Kaur", "Kelly", "Kennedy", "Khan", "Kim", "King", "Kowalski", "Kumar",
    "Lee", "Lewis", "Li", "Lim", "Liu", "MacDonald", "Mahmood", "Malik", "Martin", "Mathew", "McCarthy",
    "McKenzie", "Mehta", "Menon", "Miller", "Mills", "Mishra", "Mitchell", "Moore", "Morgan", "Morris",
    "Müller", "Murphy", "Murray", "Nair", "Nguyễn", "Novák", "Nwosu", "O'Brien", "O'Connor", "O'Neill",
    "Ó Súilleabháin", "Obi", "Okafor", "Okonkwo", "Oyelaran", "Palmer", "Papadopoulos", "Park", "Parker",
    "Patel", "Pereira", "Perera", "Phillips", "Pillai", "Popescu", "Powell", "Price", "Qureshi", "Rahman",
    "Raja", "Rao", "Reddy", "Rees", "Reid", "Richards", "Roberts", "Robinson", "Rossi", "Roy", "Russell",
    "Ryan", "Saleh", "Scott", "Shah", "Sharma", "Shaw", "Siddiqui", "Singh", "Smith", "Stewart", "Suleiman",
    "Sullivan", "Tan", "Taylor", "Thomas", "Thompson", "Tomlinson", "Tran", "Turner", "Van den Berg", "Varma",
    "Walker", "Walsh", "Wang", "Ward", "Watson", "White", "Williams", "Wilson", "Wiśniewska", "Wong", "Wood",
    "Wright", "Yadav", "Yamamoto", "Yılmaz", "Young", "Zhang", "Zhou",
];
